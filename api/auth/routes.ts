import type { IncomingMessage, ServerResponse } from "node:http";
import { callback } from "./callback.ts";
import { clientAddress } from "./client_address.ts";
import { redeemDesktopGrant, startDesktopSignIn } from "./desktop.ts";
import { AuthError } from "./errors.ts";
import { refresh } from "./refresh.ts";
import { refuse } from "./respond.ts";
import { whoAmI } from "./session.ts";
import { signIn } from "./sign_in.ts";
import { signOut } from "./sign_out.ts";
import type { AuthDeps, AuthRoute } from "./types.ts";

const ROUTES: Readonly<Record<string, readonly [method: "GET" | "POST", route: AuthRoute]>> = {
  "/auth/sign-in": ["GET", signIn],
  "/auth/callback": ["GET", callback],
  "/auth/refresh": ["POST", refresh],
  "/auth/sign-out": ["POST", signOut],
  "/auth/session": ["GET", whoAmI],
  "/auth/desktop/start": ["POST", startDesktopSignIn],
  "/auth/desktop/token": ["POST", redeemDesktopGrant],
};

// Too many connections, and the classes "connection exception" and "operator intervention".
const UNAVAILABLE = /^(53300|08...|57...|ECONN\w+|EPIPE)$/;

/**
 * The routes under `/auth/`: sign-in in a browser and in a desktop app, refresh, sign-out. Every refusal is coded, and no
 * answer or log line repeats anything of a request.
 *
 * @returns a handler that answers the request and resolves to true, or leaves another's path alone and resolves to false
 * @throws {TypeError} when `publicUrl` is plain http to another machine: its cookies would be readable on the way
 */
export function createAuthRoutes(
  deps: AuthDeps,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  const base = new URL(deps.config.publicUrl);
  const secure = base.protocol === "https:";
  if (!secure && !["127.0.0.1", "localhost", "[::1]"].includes(base.hostname)) {
    throw new TypeError("the public url must be https");
  }
  const log = deps.log ?? ((line: string) => console.error(line));

  return async (request, response) => {
    // The request's own Host header decides nothing.
    const url = URL.canParse(request.url ?? "", base) ? new URL(request.url!, base) : null;
    if (url === null || !(url.pathname === "/auth" || url.pathname.startsWith("/auth/"))) return false;
    try {
      const found = Object.hasOwn(ROUTES, url.pathname) ? ROUTES[url.pathname] : undefined;
      if (found === undefined) throw new AuthError("NOT_FOUND");
      const [method, route] = found;
      // HEAD is refused too: a link scanner must not use up a state.
      if (request.method !== method) throw new AuthError("METHOD_NOT_ALLOWED", { allow: method });
      const address = clientAddress(request, deps.config.trustedProxies);
      await route({ ...deps, request, response, url, address, secure });
    } catch (thrown) {
      const error = thrown instanceof AuthError ? thrown : internal(thrown, url.pathname, log);
      if (response.headersSent) response.destroy();
      else refuse(request, response, error);
    }
    return true;
  };
}

/** Only a code is logged: messages and details of database errors may repeat values. */
function internal(thrown: unknown, path: string, log: (line: string) => void): AuthError {
  const word = (thrown as { code?: unknown } | null)?.code;
  const code = typeof word === "string" && /^\w{1,40}$/.test(word) ? word : "unknown";
  const kind = thrown instanceof Error ? thrown.name.replace(/\W/g, "") : "unknown";
  log(`auth: ${Object.hasOwn(ROUTES, path) ? path : "unknown path"} failed: ${kind} ${code}`);
  return new AuthError(UNAVAILABLE.test(code) ? "UNAVAILABLE" : "INTERNAL");
}
