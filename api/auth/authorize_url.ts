import { createHash, randomBytes } from "node:crypto";
import { WorkOS } from "@workos-inc/node";

export interface AuthorizeUrl {
  /** Origin that the *browser* reaches, such as `https://api.workos.com`. */
  baseUrl: string;
  clientId: string;
  redirectUri: string;
  /** Single-use and bound to the browser that started: without it a stranger's code could be planted (login CSRF). */
  state: string;
  /** S256 challenge from {@link createPkce}. */
  codeChallenge: string;
  provider: "authkit";
  /** WorkOS organization to sign in to; SSO organizations go straight to their identity provider. */
  organizationId?: string;
  /** Email to fill in. It shows in the URL: pass only what the person typed. */
  loginHint?: string;
  screenHint?: "sign-in" | "sign-up";
}

/**
 * Where to send the browser to sign in with WorkOS AuthKit. Pure, and needs no secret: the API process
 * has no WorkOS key (and must not have `WORKOS_API_KEY` in its environment, which the SDK would read).
 *
 * @throws {TypeError} when `state` or `codeChallenge` is missing, or `baseUrl` is no bare http(s) origin
 *   (plain http for loopback only).
 */
export function authorizeUrl(options: AuthorizeUrl): string {
  const { baseUrl, clientId, redirectUri, state, codeChallenge, provider } = options;
  const base = new URL(baseUrl);
  const loopback = ["127.0.0.1", "localhost", "[::1]"].includes(base.hostname);
  if (base.pathname !== "/" || !(base.protocol === "https:" || (base.protocol === "http:" && loopback))) {
    throw new TypeError("the sign-in provider's base url must be an https origin");
  }
  if (!state) throw new TypeError("state is required");
  if (!/^[\w-]{43}$/.test(codeChallenge)) throw new TypeError("code challenge must be a base64url sha-256");
  const workos = new WorkOS({
    clientId,
    apiHostname: base.hostname,
    https: base.protocol === "https:",
    ...(base.port ? { port: Number(base.port) } : {}),
  });
  return workos.userManagement.getAuthorizationUrl({
    clientId,
    redirectUri,
    state,
    codeChallenge,
    codeChallengeMethod: "S256",
    provider,
    ...(options.organizationId ? { organizationId: options.organizationId } : {}),
    ...(options.loginHint ? { loginHint: options.loginHint } : {}),
    ...(options.screenHint ? { screenHint: options.screenHint } : {}),
  });
}

/** A fresh PKCE pair (RFC 7636, S256): 256 random bits as the verifier, which stays with whoever started. */
export function createPkce(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString("base64url");
  return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") };
}
