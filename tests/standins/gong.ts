import { approveAt, createConsent } from "./oauth/consent.ts";
import { type Answer, type Standin, startStandin } from "./oauth/server.ts";
import { createTokens, isAnswer, s256 } from "./oauth/tokens.ts";

/** The hosts that it stands for. */
export const gongHosts = ["app.gong.io", "*.api.gong.io"];

/** Gong: clients authenticate by HTTP Basic, refresh tokens are single-use, and the answer says where the API is. */
export async function startGongStandin(options: {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUris: readonly string[];
  readonly accounts: readonly string[];
  readonly port?: number;
}): Promise<
  Standin & {
    approve(url: string, account: string): Promise<URL>;
    revokeAt(account: string): void;
    honours(token: string): boolean;
    setAccessTokenSeconds(seconds: number): void;
  }
> {
  const tokens = createTokens({ rotation: "single_use", challengeOf: s256 });
  const consent = createConsent({
    ...options,
    title: "Gong (stand-in)",
    challengeMethod: undefined,
    code: (account, { scopes, redirectUri }) => tokens.code(account, scopes, redirectUri),
  });
  const expected = `Basic ${Buffer.from(`${encodeURIComponent(options.clientId)}:${encodeURIComponent(options.clientSecret)}`).toString("base64")}`;
  const standin = await startStandin((request): Answer => {
    const { path, body, headers } = request;
    if (path === "/standin/consent") return consent.chosen(request);
    if (path === "/oauth2/authorize") return consent.authorize(request);
    if (path === "/oauth2/generate-customer-token") {
      if (headers.authorization !== expected) return { status: 401, json: { error: "invalid_client" } };
      const grant = body.grant_type === "refresh_token" ? tokens.refresh(request) : tokens.redeem(request);
      if (isAnswer(grant)) return grant;
      const { family, issued } =
        "tokens" in grant
          ? { family: grant.family, issued: grant.tokens }
          : { family: grant, issued: tokens.issue(grant) };
      return {
        status: 200,
        json: {
          token_type: "bearer",
          scope: family.scopes.join(" "),
          api_base_url_for_customer: `https://${family.account}.api.gong.io`,
          ...issued,
        },
      };
    }
    if (!tokens.bearer(request)) return { status: 401, json: { errors: ["Invalid token"] } };
    if (path === "/v2/calls") return { status: 200, json: { records: { totalRecords: 0 }, calls: [] } };
    if (path === "/v2/users") return { status: 200, json: { records: { totalRecords: 0 }, users: [] } };
    return { status: 404, json: { errors: ["Not found"] } };
  }, options.port);
  return {
    ...standin,
    approve: (url, account) => approveAt(standin.origin, url, account),
    revokeAt: (account) => tokens.revokeAccount(account),
    honours: tokens.honours,
    setAccessTokenSeconds: tokens.setAccessTokenSeconds,
  };
}
