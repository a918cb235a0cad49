import type { Task } from "graphile-worker";

const CODE = /^[A-Z][A-Z0-9_]{2,63}$/;
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** A task's own refusal. The code is all that is ever kept of it. */
export class TaskError extends Error {
  override readonly name = "TaskError";
  readonly code: string;

  /** @param code for example `LEASE_OVER` */
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/**
 * What may be said of an error in a queue's table or a log: its code, or else its class and where it came from. Never its
 * message: a library may quote there what it was given, and what a worker is given is content.
 */
export function codeOf(error: unknown): string {
  const { code, severity, name, stack } = (error ?? {}) as Record<string, unknown>;
  if (typeof code === "string" && typeof severity === "string" && SQLSTATE.test(code))
    return `DATABASE_${code}`;
  if (typeof code === "string" && CODE.test(code)) return code;
  const place = /\/((?:worker|envelope|api)\/[\w/]+\.ts:\d+)/.exec(typeof stack === "string" ? stack : "");
  const kind = typeof name === "string" && /^\w{1,40}$/.test(name) ? name : "Error";
  return `UNEXPECTED ${kind}${place ? ` at ${place[1]}` : ""}`;
}

/** A task whose errors carry nothing but a code: graphile-worker stores messages in the job's row and logs stacks. */
export function withCodedErrors(task: Task<any>): Task<any> {
  return async (payload, helpers) => {
    try {
      await task(payload, helpers);
    } catch (error) {
      const coded = new Error(codeOf(error));
      coded.stack = coded.message;
      throw coded;
    }
  };
}
