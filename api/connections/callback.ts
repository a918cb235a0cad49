import { sealSecret } from "../../envelope/secret.ts";
import { limit } from "../auth/rate_limit.ts";
import { redirect } from "../auth/respond.ts";
import { consentCookie } from "./cookie.ts";
import { ConnectionRouteError, isConnectionRouteErrorCode } from "./errors.ts";
import { connectionBinding } from "./start.ts";
import type { ConnectionContext } from "./types.ts";

const STATE = /^[\w-]{43}$/;
const CODE = /^[\x21-\x7e]{1,4096}$/;

/**
 * `GET /oauth/callback/<provider>?code&state` or `?error&state`: where a provider sends the browser back to. The code is
 * sealed to the worker before anything is stored; what the provider says in words is not repeated, since it came through
 * the address bar. The browser goes back to the path that was registered at the beginning, with the connection's id.
 */
export async function callback(context: ConnectionContext): Promise<void> {
  const { url, request, response, pool, config, secure } = context;
  await limit(context, "callback");
  const state = url.searchParams.get("state") ?? "";
  if (!STATE.test(state)) throw new ConnectionRouteError("CONNECTION_STATE_UNKNOWN");
  await limit(context, "callback_state", state);
  const clear = consentCookie.clear(secure, state);
  response.setHeader("Set-Cookie", clear);
  const code = url.searchParams.get("code");
  const sealed =
    code !== null && CODE.test(code)
      ? sealSecret(config.workerPublicKeys.intake[0]!, connectionBinding("connection-code", state), code)
      : null;
  const { rows } = await pool.query<{
    reason: string | null;
    connection_id: string | null;
    return_to: string | null;
  }>("select reason, connection_id, return_to from session.submit_connection_callback($1, $2, $3)", [
    state,
    consentCookie.read(request, secure, state),
    sealed,
  ]);
  const { reason, connection_id: connectionId, return_to: returnTo } = rows[0]!;
  if (reason !== null || connectionId === null || returnTo === null) {
    throw new ConnectionRouteError(isConnectionRouteErrorCode(reason) ? reason : "INTERNAL");
  }
  // The whole address: a path alone could still be read as another host.
  const target = new URL(new URL(config.publicUrl).origin + returnTo);
  target.searchParams.set("connection", connectionId);
  redirect(response, 303, target.href, [clear]);
}
