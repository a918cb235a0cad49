import type { ConnectionProvider, OAuthClient } from "./connection_provider.ts";
import { consentUrl, readJson, refuseTemporary, scopesOf, userInfo } from "./oauth.ts";
import { ProviderError } from "./provider_error.ts";
import { tokenExchange } from "./token_exchange.ts";

const profiles = {
  /** Reads and sends. */
  mailbox: {
    scopes: [
      "openid",
      "email",
      "https://www.googleapis.com/auth/gmail.readonly",
      "https://www.googleapis.com/auth/gmail.send",
    ],
  },
  /** SMTP delivery of a shared inbox needs Gmail's full scope; what is done with it is the egress rule's list. */
  shared_inbox: { scopes: ["openid", "email", "https://mail.google.com/"] },
};

/** Gmail. Plain OAuth over the guard: google-auth-library would bring a client of its own and revokes the wrong token. */
export function google(client: OAuthClient): ConnectionProvider {
  return {
    name: "google",
    service: "mail_sync",
    kind: "oauth",
    pkce: "S256",
    revocable: true,
    profiles,
    harmlessScopes: ["openid", "email", "profile"],
    normalizeScope: (scope) =>
      scope.replace(/^https:\/\/www\.googleapis\.com\/auth\/userinfo\.(email|profile)$/, "$1"),
    authorizeUrl: ({ profile, redirectUri }) =>
      consentUrl("https://accounts.google.com/o/oauth2/v2/auth", {
        client_id: client.clientId,
        redirect_uri: redirectUri,
        scope: scopesOf(profiles, profile).join(" "),
        // Without both there is no refresh token on a second connection.
        access_type: "offline",
        prompt: "consent",
        include_granted_scopes: "false",
      }),
    ...tokenExchange(client, "https://oauth2.googleapis.com/token"),
    async revoke(fetch, credential) {
      // The refresh token: revoking it ends the whole grant, revoking an access token may not.
      const token = credential.refreshToken ?? credential.accessToken;
      if (!token) return "unknown";
      const answer = await fetch("https://oauth2.googleapis.com/revoke", {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ token }).toString(),
      });
      refuseTemporary(answer);
      if (answer.ok) return "revoked";
      if ((await readJson(answer)).error === "invalid_token") return "unknown";
      throw new ProviderError("PROVIDER_REFUSED");
    },
    whoAmI: (fetch, credential) =>
      userInfo(fetch, "https://openidconnect.googleapis.com/v1/userinfo", credential),
  };
}
