import type { IncomingMessage, ServerResponse } from "node:http";
import { clientAddress } from "../auth/client_address.ts";
import { AuthError } from "../auth/errors.ts";
import { json, refuse } from "../auth/respond.ts";
import { callback } from "./callback.ts";
import { ConnectionRouteError } from "./errors.ts";
import { start } from "./start_route.ts";
import { webhook, webhookChallenge } from "./webhook.ts";
import type { ConnectionContext, ConnectionDeps } from "./types.ts";

type Route = (context: ConnectionContext) => Promise<void>;
const ROUTES: Readonly<Record<string, Readonly<Partial<Record<string, Route>>>>> = {
  "oauth/start": { POST: start },
  "oauth/callback": { GET: callback },
  webhooks: { GET: webhookChallenge, POST: webhook },
};

/**
 * The routes under `/oauth/`, beginning a connection and the way back from a provider's consent screen, and `/webhooks/`.
 *
 * @returns a handler that answers the request and resolves to true, or leaves another's path alone and resolves to false
 */
export function createConnectionRoutes(
  deps: ConnectionDeps,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  const base = new URL(deps.config.publicUrl);
  const secure = base.protocol === "https:";
  const log = deps.log ?? ((line: string) => console.error(line));

  return async (request, response) => {
    const url = URL.canParse(request.url ?? "", base) ? new URL(request.url!, base) : null;
    if (url === null || !/^\/(oauth|webhooks)\//.test(url.pathname)) return false;
    try {
      const [, action = "", provider = ""] =
        /^\/(oauth\/start|oauth\/callback|webhooks)\/([a-z_]{1,40})$/.exec(url.pathname) ?? [];
      const methods = ROUTES[action];
      if (!methods) throw new ConnectionRouteError("NOT_FOUND");
      // HEAD is refused too: a link scanner must not use up a state.
      const route = methods[request.method ?? ""];
      if (!route) throw new ConnectionRouteError("METHOD_NOT_ALLOWED");
      const address = clientAddress(request, deps.config.trustedProxies);
      await route({ ...deps, request, response, url, address, secure, provider });
    } catch (thrown) {
      if (response.headersSent) response.destroy();
      else if (thrown instanceof AuthError) refuse(request, response, thrown);
      else answer(response, thrown instanceof ConnectionRouteError ? thrown : internal(thrown, log));
    }
    return true;
  };
}

function answer(response: ServerResponse, { status, code, message, hint }: ConnectionRouteError): void {
  json(response, status, { error: { code, message, ...(hint === null ? {} : { hint }) } });
}

/** Only a code is logged: messages and details of database errors may repeat values. */
function internal(thrown: unknown, log: (line: string) => void): ConnectionRouteError {
  const word = (thrown as { code?: unknown } | null)?.code;
  log(`oauth: failed: ${typeof word === "string" && /^\w{1,40}$/.test(word) ? word : "unknown"}`);
  return new ConnectionRouteError("INTERNAL");
}
