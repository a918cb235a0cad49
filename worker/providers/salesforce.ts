import type { ConnectionProvider, OAuthClient } from "./connection_provider.ts";
import { consentUrl, grantedFrom, readJson, refuseTemporary, scopesOf, userInfo } from "./oauth.ts";
import { ProviderError } from "./provider_error.ts";
import { tokenExchange } from "./token_exchange.ts";

const INSTANCE = /^https:\/\/[a-z0-9-]+(\.[a-z0-9-]+)*\.my\.salesforce\.com$/;
const profiles = {
  /** Opportunities, accounts, contacts and their field history. */
  deals: { scopes: ["api", "refresh_token", "openid"] },
  /** Who signs in, and which licences are held. */
  licenses: { scopes: ["api", "refresh_token", "offline_access", "openid"] },
};

/**
 * Salesforce, by the web server flow of each person. jsforce drops a rotated refresh token, and with rotation on,
 * replaying the old one ends every token: so this is plain OAuth, and the new one is kept.
 */
export function salesforce(client: OAuthClient & { readonly loginHost?: string }): ConnectionProvider {
  const base = `https://${client.loginHost ?? "login.salesforce.com"}/services/oauth2`;
  function granted(body: Record<string, unknown>, previous = {}) {
    const { credential, scopes } = grantedFrom(body, previous);
    const instance = body.instance_url ?? credential.apiBase;
    // It is called with the access token: only one of Salesforce's own hosts may be.
    if (typeof instance !== "string" || !INSTANCE.test(instance))
      throw new ProviderError("PROVIDER_MALFORMED");
    return { credential: { ...credential, apiBase: instance }, scopes };
  }
  return {
    name: "salesforce",
    service: "crm",
    kind: "oauth",
    pkce: "S256",
    revocable: true,
    profiles,
    harmlessScopes: ["openid", "id"],
    // One power under two names.
    normalizeScope: (scope) => (scope === "offline_access" ? "refresh_token" : scope),
    authorizeUrl: ({ profile, redirectUri }) =>
      consentUrl(`${base}/authorize`, {
        client_id: client.clientId,
        redirect_uri: redirectUri,
        scope: scopesOf(profiles, profile).join(" "),
        prompt: "login consent",
      }),
    ...tokenExchange(client, `${base}/token`, granted),
    async revoke(fetch, credential) {
      const token = credential.refreshToken ?? credential.accessToken;
      if (!token) return "unknown";
      const answer = await fetch(`${base}/revoke`, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ token }).toString(),
      });
      refuseTemporary(answer);
      if (answer.ok) return "revoked";
      if (["invalid_token", "unsupported_token_type"].includes(String((await readJson(answer)).error)))
        return "unknown";
      throw new ProviderError("PROVIDER_REFUSED");
    },
    whoAmI: (fetch, credential) => userInfo(fetch, `${base}/userinfo`, credential),
  };
}
