import { refreshCookie } from "./cookies.ts";
import { AuthError, isAuthErrorCode } from "./errors.ts";
import { limit } from "./rate_limit.ts";
import { readJson, refuseCrossOrigin, textOf } from "./request_guard.ts";
import { json } from "./respond.ts";
import type { AuthContext } from "./types.ts";

/** The form of our refresh tokens; anything else is not looked up. */
export const REFRESH_TOKEN = /^bhr_[\w-]{43}$/;

interface Refreshed {
  reason: string | null;
  access_token: string;
  next_refresh_token: string;
  access_expires_at: Date;
  expires_at: Date;
}

/**
 * `POST /auth/refresh` → `{ access_token, expires_at }`. Web: the cookie, which the answer replaces; the refresh token
 * never appears where a script can read it. Desktop: `{ refresh_token }` in the body, and the next one in the answer.
 *
 * A spent token that comes back ends the whole sign-in, so one client must not refresh twice at once: browsers with
 * several tabs take turns (Web Locks).
 */
export async function refresh(context: AuthContext): Promise<void> {
  const { request, response, config, pool, secure } = context;
  refuseCrossOrigin(request, config.publicUrl);
  await limit(context, "refresh");
  const body = await readJson(request);
  const desktop = body.refresh_token !== undefined;
  const token = desktop ? textOf(body.refresh_token, REFRESH_TOKEN) : refreshCookie.read(request, secure);
  if (token === null) throw new AuthError("REFRESH_MISSING");
  const { rows } = await pool.query<Refreshed>(
    "select reason, access_token, next_refresh_token, access_expires_at, expires_at from session.refresh($1)",
    [token],
  );
  const next = rows[0]!;
  if (next.reason !== null) {
    // Every reason is final: the browser may forget the token.
    if (!desktop) response.setHeader("Set-Cookie", refreshCookie.clear(secure));
    throw new AuthError(isAuthErrorCode(next.reason) ? next.reason : "REFRESH_UNKNOWN", { status: 401 });
  }
  const access = { access_token: next.access_token, expires_at: next.access_expires_at.toISOString() };
  if (desktop) {
    json(response, 200, {
      ...access,
      refresh_token: next.next_refresh_token,
      refresh_expires_at: next.expires_at.toISOString(),
    });
  } else {
    json(response, 200, access, [refreshCookie.set(next.next_refresh_token, secure, next.expires_at)]);
  }
}
