import { randomUUID } from "node:crypto";
import { approveAt, createConsent } from "./oauth/consent.ts";
import { type Answer, type Standin, startStandin } from "./oauth/server.ts";
import { createTokens, isAnswer, nylasChallenge } from "./oauth/tokens.ts";

/** The hosts that it stands for. */
export const nylasHosts = ["api.us.nylas.com", "api.eu.nylas.com"];

/** Nylas' hosted authentication and grants. Its API key is the client's secret; its PKCE is its own. */
export async function startNylasStandin(options: {
  readonly clientId: string;
  readonly apiKey: string;
  readonly redirectUris: readonly string[];
  readonly accounts: readonly string[];
  readonly port?: number;
}): Promise<
  Standin & {
    approve(url: string, account: string): Promise<URL>;
    grants: Map<string, { email: string; status: "valid" | "invalid" }>;
  }
> {
  const tokens = createTokens({ rotation: "always", challengeOf: nylasChallenge });
  const grants = new Map<string, { email: string; status: "valid" | "invalid" }>();
  const consent = createConsent({
    ...options,
    title: "Nylas (stand-in)",
    challengeMethod: "s256",
    code: (account, { scopes, redirectUri, challenge }) =>
      tokens.code(account, scopes, redirectUri, challenge),
  });
  const standin = await startStandin((request): Answer => {
    const { path, body, headers, method } = request;
    if (path === "/standin/consent") return consent.chosen(request);
    if (path === "/v3/connect/auth") return consent.authorize(request);
    if (path === "/v3/connect/token") {
      if (body.client_id !== options.clientId || body.client_secret !== options.apiKey)
        return { status: 401, json: { error: "invalid_client" } };
      const family = tokens.redeem(request);
      if (isAnswer(family)) return family;
      const grantId = randomUUID();
      grants.set(grantId, { email: family.account, status: "valid" });
      const { access_token, expires_in } = tokens.issue(family);
      return {
        status: 200,
        json: {
          access_token,
          expires_in,
          grant_id: grantId,
          email: family.account,
          token_type: "Bearer",
          scope: "",
        },
      };
    }
    if (headers.authorization !== `Bearer ${options.apiKey}`)
      return { status: 401, json: { error: { type: "unauthorized" } } };
    const [, grantId, rest] = /^\/v3\/grants\/([\w-]+)(\/.*)?$/.exec(path) ?? [];
    const grant = grants.get(grantId ?? "");
    if (!grant) return { status: 404, json: { error: { type: "not_found_error" } } };
    if (method === "DELETE" && !rest) {
      grants.delete(grantId!);
      return { status: 200, json: { request_id: randomUUID() } };
    }
    if (!rest)
      return {
        status: 200,
        json: { data: { id: grantId, email: grant.email, grant_status: grant.status, provider: "google" } },
      };
    if (rest === "/messages") return { status: 200, json: { data: [], next_cursor: null } };
    return { status: 404, json: { error: { type: "not_found_error" } } };
  }, options.port);
  return { ...standin, grants, approve: (url, account) => approveAt(standin.origin, url, account) };
}
