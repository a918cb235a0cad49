import { signInAnswer } from "./answer.ts";
import { beginSignIn, newState } from "./begin_sign_in.ts";
import { AuthError, isAuthErrorCode } from "./errors.ts";
import { limit } from "./rate_limit.ts";
import { readJson, refuseCrossOrigin, textOf } from "./request_guard.ts";
import { json } from "./respond.ts";
import { loopbackAddress } from "./return_to.ts";
import type { AuthContext } from "./types.ts";

/** Seconds; `session.sign_in_attempts.expires_at` says the same. */
const ATTEMPT_SECONDS = 600;
const USER_AGENT_LENGTH = 500;

/**
 * `POST /auth/desktop/start { challenge, redirect_uri, organization?, login_hint? }` → `{ authorize_url, expires_at }`.
 * The app makes a verifier of its own and sends only its S256 challenge: whoever else sees the callback's grant on the
 * loopback interface cannot redeem it.
 */
export async function startDesktopSignIn(context: AuthContext): Promise<void> {
  const { request, response, config } = context;
  refuseCrossOrigin(request, config.publicUrl);
  await limit(context, "sign_in");
  const body = await readJson(request);
  const challenge = textOf(body.challenge, /^[\w-]{43}$/);
  const location = await beginSignIn(context, {
    flow: "desktop",
    returnTo: loopbackAddress(body.redirect_uri),
    browser: null,
    challenge,
    state: newState("desktop"),
    organization: body.organization,
    loginHint: body.login_hint,
  });
  json(response, 200, {
    authorize_url: location,
    expires_at: new Date(Date.now() + ATTEMPT_SECONDS * 1000).toISOString(),
  });
}

/** `POST /auth/desktop/token { grant, verifier }` → `{ access_token, expires_at, refresh_token, refresh_expires_at }`. */
export async function redeemDesktopGrant(context: AuthContext): Promise<void> {
  const { request, response, config, pool, sealed, address } = context;
  refuseCrossOrigin(request, config.publicUrl);
  await limit(context, "callback");
  const body = await readJson(request);
  const { rows } = await pool.query<{ reason: string | null; call_id: string | null }>(
    "select reason, call_id from session.submit_desktop_sign_in($1, $2, $3, $4, $5)",
    [
      textOf(body.grant, /^bhg_[\w-]{43}$/),
      textOf(body.verifier, /^[\w\-.~]{43,128}$/),
      sealed.callerId,
      address,
      request.headers["user-agent"]?.slice(0, USER_AGENT_LENGTH) ?? null,
    ],
  );
  const { reason, call_id: callId } = rows[0]!;
  if (reason !== null || callId === null)
    throw new AuthError(isAuthErrorCode(reason) ? reason : "SIGN_IN_FAILED");
  const tokens = await signInAnswer(sealed, callId);
  json(response, 200, {
    access_token: tokens.accessToken,
    expires_at: tokens.accessExpiresAt.toISOString(),
    refresh_token: tokens.refreshToken,
    refresh_expires_at: tokens.expiresAt.toISOString(),
  });
}
