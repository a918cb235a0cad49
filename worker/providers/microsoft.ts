import type { ConnectionProvider, OAuthClient } from "./connection_provider.ts";
import { consentUrl, scopesOf, userInfo } from "./oauth.ts";
import { tokenExchange } from "./token_exchange.ts";

const graph = (name: string) => `https://graph.microsoft.com/${name}`;
const profiles = {
  /** Reads and sends. */
  mailbox: { scopes: ["openid", "email", "offline_access", graph("Mail.Read"), graph("Mail.Send")] },
  /** Drafts too: the only way to send exactly once, and to keep a shared inbox's state. */
  shared_inbox: {
    scopes: ["openid", "email", "offline_access", graph("Mail.ReadWrite"), graph("Mail.Send")],
  },
};

/** Microsoft 365 by Graph. MSAL refuses plain http and keeps tokens in a cache of its own, so this is plain OAuth. */
export function microsoft(client: OAuthClient & { readonly tenant?: string }): ConnectionProvider {
  const base = `https://login.microsoftonline.com/${client.tenant ?? "common"}/oauth2/v2.0`;
  return {
    name: "microsoft",
    service: "mail_sync",
    kind: "oauth",
    pkce: "S256",
    revocable: false,
    profiles,
    // offline_access is never echoed; the others only say who it is.
    harmlessScopes: ["openid", "email", "profile", "offline_access"],
    normalizeScope: (scope) => (/^(Mail|User)\./.test(scope) ? graph(scope) : scope),
    authorizeUrl: ({ profile, redirectUri }) =>
      consentUrl(`${base}/authorize`, {
        client_id: client.clientId,
        redirect_uri: redirectUri,
        scope: scopesOf(profiles, profile).join(" "),
        response_mode: "query",
        prompt: "select_account",
      }),
    ...tokenExchange(client, `${base}/token`),
    // There is no endpoint for it; `revokeSignInSessions` would sign the person out of everything else as well.
    revoke: async () => "unsupported",
    whoAmI: (fetch, credential) => userInfo(fetch, graph("oidc/userinfo"), credential),
  };
}
