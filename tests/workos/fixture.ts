import { inspect } from "node:util";
import { authorizeUrl, createPkce } from "../../api/auth/authorize_url.ts";
import { workosProvider, type WorkosProvider } from "../../worker/providers/workos.ts";
import { startWorkosStandin, type WorkosStandin, type WorkosStandinOptions } from "../standins/workos.ts";

export const CLIENT_ID = "client_01CANARYCLIENT";
export const API_KEY = "sk_test_canary_api_key_0123456789";
export const NORTH = "org_01NORTH";
export const SOUTH = "org_01SOUTH";
export const VAULT = "org_01VAULT";
export const REDIRECT_URI = "http://127.0.0.1:4000/auth/callback";

const OPTIONS: WorkosStandinOptions = {
  clientId: CLIENT_ID,
  apiKey: API_KEY,
  redirectUris: [REDIRECT_URI],
  organizations: [
    { id: NORTH, name: "North & Sons" },
    { id: SOUTH, name: "South" },
    { id: VAULT, name: "Vault", ssoRequired: true },
  ],
  people: [
    {
      email: "ada@north.example",
      firstName: "Ada",
      lastName: "North",
      memberships: [{ organizationId: NORTH, role: "admin", permissions: ["mail:read"] }],
    },
    { email: "both@example.com", memberships: [{ organizationId: NORTH }, { organizationId: SOUTH }] },
    { email: "alone@example.com" },
    { email: "vault@vault.example", memberships: [{ organizationId: VAULT }] },
    {
      email: "sso@vault.example",
      authenticationMethod: "SSO",
      memberships: [{ organizationId: VAULT }],
    },
    { email: "new@north.example", emailVerified: false, memberships: [{ organizationId: NORTH }] },
    {
      email: "helped@north.example",
      authenticationMethod: "Impersonation",
      impersonator: { email: "staff@workos.example", reason: "ticket 7" },
      memberships: [{ organizationId: NORTH }],
    },
  ],
};

export function startStandin(options: Partial<WorkosStandinOptions> = {}): Promise<WorkosStandin> {
  return startWorkosStandin({ ...OPTIONS, ...options });
}

export function provider(standin: WorkosStandin, timeoutMs?: number): WorkosProvider {
  return workosProvider({
    apiKey: API_KEY,
    clientId: CLIENT_ID,
    baseUrl: standin.url,
    issuers: [standin.issuer],
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
}

export function startUrl(standin: WorkosStandin, codeChallenge: string, state = "state-1"): string {
  return authorizeUrl({
    baseUrl: standin.url,
    clientId: CLIENT_ID,
    redirectUri: REDIRECT_URI,
    state,
    codeChallenge,
    provider: "authkit",
  });
}

/** Signs in at the stand-in; what the callback would hand to the worker. */
export async function signedIn(
  standin: WorkosStandin,
  email = "ada@north.example",
  organizationId?: string,
): Promise<{ code: string; codeVerifier: string }> {
  const pkce = createPkce();
  const callback = await standin.signIn(startUrl(standin, pkce.challenge), email, organizationId);
  return { code: callback.searchParams.get("code") ?? "", codeVerifier: pkce.verifier };
}

/** The error that a promise is rejected with; fails when it is not. */
export async function failureOf(
  promise: Promise<unknown>,
): Promise<Error & { code: string; retryAfter?: number }> {
  try {
    await promise;
  } catch (thrown) {
    return thrown as Error & { code: string };
  }
  throw new Error("expected a rejection");
}

/** Every way in which a thrown object usually reaches a log. */
export function printed(error: Error): string {
  return [
    inspect(error, { depth: 10, showHidden: true, getters: true }),
    JSON.stringify(error),
    JSON.stringify(Object.getOwnPropertyDescriptors(error)),
    error.stack,
    error.message,
    String(error),
  ].join("\n");
}
