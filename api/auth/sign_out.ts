import { refreshCookie } from "./cookies.ts";
import { limit } from "./rate_limit.ts";
import { REFRESH_TOKEN } from "./refresh.ts";
import { readJson, refuseCrossOrigin, textOf } from "./request_guard.ts";
import { json } from "./respond.ts";
import type { AuthContext } from "./types.ts";

/**
 * `POST /auth/sign-out` → `{ signed_out }`: ends the sign-in with all its tokens; a job then ends the provider's session.
 * It takes the refresh token (cookie, or `{ refresh_token }`), so it works long after the access token has expired.
 * `signed_out` is false where there was nothing left to end.
 */
export async function signOut(context: AuthContext): Promise<void> {
  const { request, response, config, pool, secure } = context;
  refuseCrossOrigin(request, config.publicUrl);
  await limit(context, "sign_out");
  const body = await readJson(request);
  const given = body.refresh_token !== undefined;
  const token = given ? textOf(body.refresh_token, REFRESH_TOKEN) : refreshCookie.read(request, secure);
  let signedOut = false;
  if (token !== null) {
    const { rows } = await pool.query<{ signed_out: boolean }>("select session.sign_out($1) as signed_out", [
      token,
    ]);
    signedOut = rows[0]!.signed_out;
  }
  json(response, 200, { signed_out: signedOut }, given ? [] : [refreshCookie.clear(secure)]);
}
