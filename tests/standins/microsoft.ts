import { approveAt, createConsent } from "./oauth/consent.ts";
import { type Answer, type Standin, startStandin } from "./oauth/server.ts";
import { createTokens, isAnswer, s256 } from "./oauth/tokens.ts";

/** The hosts that it stands for. */
export const microsoftHosts = ["login.microsoftonline.com", "graph.microsoft.com"];

/** Microsoft's v2.0 endpoints and a little of Graph: a new refresh token each time, and the old one stays good. */
export async function startMicrosoftStandin(options: {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUris: readonly string[];
  readonly accounts: readonly string[];
  readonly port?: number;
}): Promise<
  Standin & {
    approve(url: string, account: string): Promise<URL>;
    revokeAt(account: string): void;
    setAccessTokenSeconds(seconds: number): void;
  }
> {
  const tokens = createTokens({ rotation: "always", challengeOf: s256 });
  const consent = createConsent({
    ...options,
    title: "Microsoft (stand-in)",
    challengeMethod: "S256",
    code: (account, { scopes, redirectUri, challenge }) =>
      tokens.code(account, scopes, redirectUri, challenge),
  });
  const standin = await startStandin((request): Answer => {
    const { path, body } = request;
    if (path === "/standin/consent") return consent.chosen(request);
    if (/^\/[\w.-]+\/oauth2\/v2\.0\/authorize$/.test(path)) return consent.authorize(request);
    if (/^\/[\w.-]+\/oauth2\/v2\.0\/token$/.test(path)) {
      if (body.client_id !== options.clientId || body.client_secret !== options.clientSecret) {
        return { status: 401, json: { error: "invalid_client", error_codes: [7000215] } };
      }
      const grant = body.grant_type === "refresh_token" ? tokens.refresh(request) : tokens.redeem(request);
      if (isAnswer(grant)) return grant;
      const { family, issued } =
        "tokens" in grant
          ? { family: grant.family, issued: grant.tokens }
          : { family: grant, issued: tokens.issue(grant) };
      // It spells Graph's scopes out and never echoes offline_access.
      const scope = family.scopes.filter((one) => one !== "offline_access").join(" ");
      return {
        status: 200,
        json: { token_type: "Bearer", ext_expires_in: issued.expires_in, scope, ...issued },
      };
    }
    const family = tokens.bearer(request);
    if (!family) return { status: 401, json: { error: { code: "InvalidAuthenticationToken" } } };
    if (path === "/oidc/userinfo")
      return { status: 200, json: { sub: `ms-${family.account}`, email: family.account } };
    if (path === "/v1.0/me/messages") return { status: 200, json: { value: [] } };
    return { status: 404, json: { error: { code: "ResourceNotFound" } } };
  }, options.port);
  return {
    ...standin,
    approve: (url, account) => approveAt(standin.origin, url, account),
    revokeAt: (account) => tokens.revokeAccount(account),
    setAccessTokenSeconds: tokens.setAccessTokenSeconds,
  };
}
