import { randomBytes } from "node:crypto";
import { describe } from "./describe.ts";
import { statusOf } from "./registry.ts";

/** A request that is refused as a whole, with a registered code. Its message never holds anything of the request. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly code: string;
  readonly statusCode: number;
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, extensions: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.statusCode = statusOf(code) ?? 500;
    this.extensions = extensions;
  }
}

/** Classes of SQLSTATE and of system errors that say: the database cannot be reached now. */
const unreachable =
  /^(08\w{3}|28\w{3}|3D000|57P0\d|53300|E(CONNREFUSED|CONNRESET|PIPE|HOSTUNREACH|TIMEDOUT|NOTFOUND|AI_AGAIN))$/;

/** What a whole request failed with, as an answer: itself if it is one, otherwise masked and logged under a reference. */
export function asRequestError(error: unknown, log: (line: string) => void): RequestError {
  if (error instanceof RequestError) return error;
  const reference = randomBytes(6).toString("hex");
  log(`error ${reference}: ${describe(error)}`);
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  const down =
    (typeof code === "string" && unreachable.test(code)) ||
    (typeof message === "string" &&
      /^(timeout exceeded when trying to connect|Connection terminated)/.test(message));
  return down
    ? new RequestError("UNAVAILABLE", "the database cannot be reached", { reference })
    : new RequestError("INTERNAL", "something failed on our side", { reference });
}
