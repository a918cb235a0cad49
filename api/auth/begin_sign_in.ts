import { createHash, randomBytes } from "node:crypto";
import { sealSecret } from "../../envelope/secret.ts";
import { authorizeUrl, createPkce } from "./authorize_url.ts";
import { textOf } from "./request_guard.ts";
import type { AuthContext } from "./types.ts";

export interface BeginSignIn {
  readonly flow: "web" | "desktop";
  readonly returnTo: string;
  /** Web: what the browser's cookie holds. */
  readonly browser: string | null;
  /** Desktop: the app's own S256 challenge. */
  readonly challenge: string | null;
  readonly state: string;
  /** WorkOS organization to sign in to. */
  readonly organization: unknown;
  /** Email to fill in at the provider. */
  readonly loginHint: unknown;
}

/** An unguessable state. Its first letter says which flow it belongs to; the database knows for certain. */
export function newState(flow: BeginSignIn["flow"]): string {
  return `${flow[0]}${randomBytes(32).toString("base64url")}`;
}

/** What a sealed part of a sign-in is bound to: its purpose and this one sign-in, named by its state's hash. */
export function signInBinding(
  purpose: "sign-in-verifier" | "sign-in-code",
  state: string,
): Record<string, string> {
  return { purpose, state: createHash("sha256").update(state).digest("hex") };
}

/**
 * Registers a sign-in and says where to send the browser. The PKCE verifier is sealed to the worker before it is stored:
 * neither the database nor this process, once the request is over, can complete the exchange.
 *
 * @returns the provider's URL
 * @throws {AuthError} `REQUEST_MALFORMED`
 */
export async function beginSignIn({ config, pool }: AuthContext, begin: BeginSignIn): Promise<string> {
  const { state } = begin;
  const organizationId =
    begin.organization == null ? undefined : textOf(begin.organization, /^[\w-]{1,100}$/);
  const loginHint =
    begin.loginHint == null ? undefined : textOf(begin.loginHint, /^[^\s@]{1,64}@[^\s@]{1,255}$/);
  const { verifier, challenge } = createPkce();
  const sealedVerifier = sealSecret(
    config.workerPublicKeys.intake[0]!,
    signInBinding("sign-in-verifier", state),
    verifier,
  );
  await pool.query("select session.start_sign_in($1, $2, $3, $4, $5, $6, $7)", [
    begin.flow,
    state,
    begin.browser,
    begin.challenge,
    begin.returnTo,
    sealedVerifier,
    organizationId ?? null,
  ]);
  return authorizeUrl({
    baseUrl: config.workosBaseUrl ?? "https://api.workos.com",
    clientId: config.workosClientId,
    redirectUri: new URL("/auth/callback", config.publicUrl).href,
    state,
    codeChallenge: challenge,
    provider: "authkit",
    organizationId,
    loginHint,
  });
}
