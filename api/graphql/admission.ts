import { RequestError } from "../errors/request_error.ts";
import { isSessionRefusal, refusedSession } from "./authenticate.ts";

/** Whether a request's session has been found live since the request came in. */
export interface Admission {
  admitted: boolean;
}

const admissions = new WeakMap<object, Admission>();

/** From now on each transaction with these settings asks whether their session is live, before its statement runs. */
export function admitWith(settings: object, admission: Admission): void {
  admissions.set(settings, admission);
}

export function admissionOf(settings: object): Admission | undefined {
  return admissions.get(settings);
}

/** SQLSTATE of `session.refuse`. */
const refused = "ZS020";

/**
 * Runs what asks for admission in its transaction.
 *
 * @throws {RequestError} `SESSION_*` where the session is not live any more
 */
export async function admitting<T>(admission: Admission | undefined, work: Promise<T>): Promise<T> {
  try {
    const result = await work;
    if (admission) admission.admitted = true;
    return result;
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    throw code === refused ? refusedSession(message) : error;
  }
}

/** The refusal of a session among the errors of an answer: then all of the answer is that refusal. */
export function refusalAmong(
  errors: readonly { readonly message: string; readonly extensions?: Record<string, unknown> }[],
): RequestError | undefined {
  for (const { message, extensions } of errors) {
    const code = extensions?.code;
    if (typeof code === "string" && isSessionRefusal(code)) return new RequestError(code, message);
  }
  return undefined;
}
