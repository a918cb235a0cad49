import type pg from "pg";
import { RequestError } from "../errors/request_error.ts";
import type { Session } from "./request_context.ts";

const messages: Readonly<Record<string, string>> = {
  SESSION_MALFORMED: "that is not an access token",
  SESSION_SIGNATURE_INVALID: "the access token was not signed here",
  SESSION_UNKNOWN: "the access token is not known",
  SESSION_REVOKED: "this session was ended",
  SESSION_EXPIRED: "the access token has expired",
  SESSION_SUSPENDED: "the membership behind this session is not active",
};

/** Whether a code is a reason for which a session is refused. */
export function isSessionRefusal(code: string): boolean {
  return Object.hasOwn(messages, code);
}

/** The refusal of a token, for a reason of `session.authenticate`. */
export function refusedSession(reason: string): RequestError {
  return new RequestError(reason, messages[reason] ?? "the access token is refused");
}

/**
 * The access token of an Authorization header.
 *
 * @throws {RequestError} `AUTHORIZATION_MALFORMED`, 401
 */
export function presentedToken(authorization: string): string {
  const token = /^Bearer +([^\s,]+)$/i.exec(authorization)?.[1];
  if (token === undefined) {
    throw new RequestError("AUTHORIZATION_MALFORMED", "the Authorization header is not Bearer and one token");
  }
  return token;
}

/**
 * Asks the database who an access token is for: one that was revoked a moment ago is refused here with its reason, and not
 * answered with an empty list.
 *
 * @param authorization the header as sent; undefined: nobody is signed in
 * @returns the session, or undefined without a header
 * @throws {RequestError} `AUTHORIZATION_MALFORMED` or one of `SESSION_*`, all 401
 */
export async function authenticate(
  pool: pg.Pool,
  authorization: string | undefined,
): Promise<Session | undefined> {
  if (authorization === undefined) return undefined;
  const token = presentedToken(authorization);
  const { rows } = await pool.query({
    name: "bulkhead_authenticate",
    text: "select reason, workspace_id, person_id, sign_in_id, database_role from session.authenticate($1)",
    values: [token],
  });
  const row = rows[0] as Record<
    "reason" | "workspace_id" | "person_id" | "sign_in_id" | "database_role",
    string | null
  >;
  if (row.reason !== null) throw refusedSession(row.reason);
  return {
    token,
    role: row.database_role!,
    workspaceId: row.workspace_id!,
    personId: row.person_id!,
    signInId: row.sign_in_id!,
  };
}
