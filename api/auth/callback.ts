import { sealSecret } from "../../envelope/secret.ts";
import { signInAnswer } from "./answer.ts";
import { signInBinding } from "./begin_sign_in.ts";
import { bindingCookie, refreshCookie } from "./cookies.ts";
import { AuthError, isAuthErrorCode } from "./errors.ts";
import { limit } from "./rate_limit.ts";
import { redirect } from "./respond.ts";
import type { AuthContext } from "./types.ts";

const STATE = /^[wd][\w-]{43}$/;
const CODE = /^[\x21-\x7e]{1,1024}$/;
const USER_AGENT_LENGTH = 500;

/**
 * `GET /auth/callback?code&state` or `?error&state`: where the provider sends the browser back to. The code is sealed to
 * the worker before anything is stored, and nothing in the address decides where the browser goes next: that was
 * registered when the sign-in began.
 */
export async function callback(context: AuthContext): Promise<void> {
  const { url, request, response, config, secure } = context;
  await limit(context, "callback");
  const state = url.searchParams.get("state") ?? "";
  if (!STATE.test(state)) throw new AuthError("SIGN_IN_STATE_UNKNOWN");
  await limit(context, "callback_state", state);
  // Used up by this callback, right or wrong, as its state is.
  response.setHeader("Set-Cookie", bindingCookie.clear(secure, state));
  const browser = bindingCookie.read(request, secure, state);
  const code = url.searchParams.get("code");
  if (code === null) return cancelled(context, state, browser);
  if (!CODE.test(code)) throw new AuthError("SIGN_IN_CODE_REJECTED");
  const sealedCode = sealSecret(
    config.workerPublicKeys.intake[0]!,
    signInBinding("sign-in-code", state),
    code,
  );
  return state.startsWith("d")
    ? desktopCallback(context, state, sealedCode)
    : webCallback(context, state, browser, sealedCode);
}

async function webCallback(
  context: AuthContext,
  state: string,
  browser: string | null,
  sealedCode: string,
): Promise<void> {
  const { pool, sealed, address, request, response, config, secure } = context;
  const { rows } = await pool.query<{
    reason: string | null;
    call_id: string | null;
    return_to: string | null;
  }>("select reason, call_id, return_to from session.submit_web_sign_in($1, $2, $3, $4, $5, $6)", [
    state,
    browser,
    sealedCode,
    sealed.callerId,
    address,
    request.headers["user-agent"]?.slice(0, USER_AGENT_LENGTH) ?? null,
  ]);
  const { reason, call_id: callId, return_to: returnTo } = rows[0]!;
  if (reason !== null || callId === null || returnTo === null) throw refused(reason);
  const tokens = await signInAnswer(sealed, callId);
  // The whole address: a path alone could still be read as another host.
  redirect(response, 303, new URL(config.publicUrl).origin + returnTo, [
    bindingCookie.clear(secure, state),
    refreshCookie.set(tokens.refreshToken, secure, tokens.expiresAt),
  ]);
}

/** The grant goes to the app at the address that it registered, and only the app knows the verifier that redeems it. */
async function desktopCallback(
  { pool, response }: AuthContext,
  state: string,
  sealedCode: string,
): Promise<void> {
  const { rows } = await pool.query<{
    reason: string | null;
    grant_token: string | null;
    return_to: string | null;
  }>("select reason, grant_token, return_to from session.accept_desktop_callback($1, $2)", [
    state,
    sealedCode,
  ]);
  const { reason, grant_token: grant, return_to: returnTo } = rows[0]!;
  if (reason !== null || grant === null || returnTo === null) throw refused(reason);
  redirect(response, 302, `${returnTo}?grant=${encodeURIComponent(grant)}`);
}

/** What the provider says of its reasons is not repeated: it came through the address bar. */
async function cancelled(
  { pool, response }: AuthContext,
  state: string,
  browser: string | null,
): Promise<void> {
  const { rows } = await pool.query<{ reason: string | null; flow: string | null; return_to: string | null }>(
    "select reason, flow, return_to from session.cancel_sign_in($1, $2)",
    [state, browser],
  );
  const { reason, flow, return_to: returnTo } = rows[0]!;
  if (reason !== null) throw refused(reason);
  if (flow !== "desktop" || returnTo === null) throw new AuthError("SIGN_IN_CANCELLED");
  redirect(response, 302, `${returnTo}?error=SIGN_IN_CANCELLED`);
}

function refused(reason: string | null): AuthError {
  return new AuthError(isAuthErrorCode(reason) ? reason : "SIGN_IN_FAILED");
}
