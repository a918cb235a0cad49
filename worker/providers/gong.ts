import type { ConnectionProvider, Credential, OAuthClient } from "./connection_provider.ts";
import { basic, consentUrl, getJson, grantedFrom, requestToken, scopesOf } from "./oauth.ts";
import { ProviderError } from "./provider_error.ts";

const API = /^https:\/\/([a-z0-9-]+)\.api\.gong\.io$/;
const profiles = {
  /** Calls, their transcripts and who was in them. */
  calls: { scopes: ["api:calls:read:basic", "api:calls:read:transcript", "api:users:read"] },
};

/** Gong. Its refresh tokens are single-use: what a refresh returns is stored before it is used, or lost for good. */
export function gong(client: OAuthClient): ConnectionProvider {
  const tokenUrl = "https://app.gong.io/oauth2/generate-customer-token";
  const headers = { authorization: basic(client.clientId, client.clientSecret) };
  function granted(body: Record<string, unknown>, previous: Credential = {}) {
    const { credential, scopes } = grantedFrom(body, previous);
    const apiBase = body.api_base_url_for_customer ?? credential.apiBase;
    if (typeof apiBase !== "string" || !API.test(apiBase)) throw new ProviderError("PROVIDER_MALFORMED");
    return { credential: { ...credential, apiBase }, scopes };
  }
  return {
    name: "gong",
    service: "crm",
    kind: "oauth",
    pkce: "none",
    revocable: false,
    profiles,
    harmlessScopes: [],
    normalizeScope: (scope) => scope,
    authorizeUrl: ({ profile, redirectUri }) =>
      consentUrl("https://app.gong.io/oauth2/authorize", {
        client_id: client.clientId,
        redirect_uri: redirectUri,
        scope: scopesOf(profiles, profile).join(" "),
      }),
    exchangeCode: async (fetch, { code, redirectUri }) =>
      granted(
        await requestToken(
          fetch,
          "code",
          tokenUrl,
          { grant_type: "authorization_code", client_id: client.clientId, code, redirect_uri: redirectUri },
          headers,
        ),
      ),
    async refresh(fetch, credential) {
      if (!credential.refreshToken) throw new ProviderError("PROVIDER_GRANT_INVALID");
      const form = { grant_type: "refresh_token", refresh_token: credential.refreshToken };
      return granted(await requestToken(fetch, "refresh", tokenUrl, form, headers), credential);
    },
    // Gong documents no endpoint for it: a technical administrator removes the app in Gong.
    revoke: async () => "unsupported",
    /** Gong names no person to an app: the customer's own API address is the account. That it answers is asked all the same. */
    async whoAmI(fetch, credential) {
      const id = API.exec(credential.apiBase ?? "")?.[1];
      if (!id) throw new ProviderError("PROVIDER_MALFORMED");
      await getJson(fetch, `${credential.apiBase}/v2/users`, credential.accessToken);
      return { id, label: id };
    },
  };
}
