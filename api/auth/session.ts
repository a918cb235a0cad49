import { AuthError, isAuthErrorCode } from "./errors.ts";
import { limit } from "./rate_limit.ts";
import { json } from "./respond.ts";
import type { AuthContext } from "./types.ts";

interface Authenticated {
  reason: string | null;
  workspace_id: string;
  person_id: string;
  sign_in_id: string | null;
  expires_at: Date;
}

/** `GET /auth/session` with `Authorization: Bearer …` → `{ workspace_id, person_id, sign_in_id, expires_at }`. */
export async function whoAmI(context: AuthContext): Promise<void> {
  const { request, response, pool } = context;
  await limit(context, "session");
  const token = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "")?.[1];
  if (token === undefined) throw new AuthError("UNAUTHENTICATED");
  const { rows } = await pool.query<Authenticated>(
    "select reason, workspace_id, person_id, sign_in_id, expires_at from session.authenticate($1)",
    [token],
  );
  const { reason, expires_at: expiresAt, ...session } = rows[0]!;
  if (reason !== null)
    throw new AuthError(isAuthErrorCode(reason) ? reason : "SESSION_UNKNOWN", { status: 401 });
  json(response, 200, { ...session, expires_at: expiresAt.toISOString() });
}
