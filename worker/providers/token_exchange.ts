import type { ConnectionProvider, Credential, Granted, OAuthClient } from "./connection_provider.ts";
import { grantedFrom, requestToken } from "./oauth.ts";
import { ProviderError } from "./provider_error.ts";

/**
 * The two uses of a token endpoint that takes client and PKCE verifier in the form (RFC 6749 sections 4.1.3 and 6, RFC 7636).
 *
 * @param read what is more in an answer than RFC 6749 says; refuses by throwing
 */
export function tokenExchange(
  { clientId, clientSecret }: OAuthClient,
  url: string,
  read: (body: Record<string, unknown>, previous?: Credential) => Granted = grantedFrom,
): Pick<ConnectionProvider, "exchangeCode" | "refresh"> {
  const ours = { client_id: clientId, client_secret: clientSecret };
  return {
    exchangeCode: async (fetch, { code, codeVerifier, redirectUri }) =>
      read(
        await requestToken(fetch, "code", url, {
          ...ours,
          grant_type: "authorization_code",
          code,
          code_verifier: codeVerifier,
          redirect_uri: redirectUri,
        }),
      ),
    async refresh(fetch, credential) {
      if (!credential.refreshToken) throw new ProviderError("PROVIDER_GRANT_INVALID");
      const form = { ...ours, grant_type: "refresh_token", refresh_token: credential.refreshToken };
      return read(await requestToken(fetch, "refresh", url, form), credential);
    },
  };
}
