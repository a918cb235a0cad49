import { type OidcStandin, startOidcStandin } from "./oauth/oidc.ts";
import type { Answer, Recorded } from "./oauth/server.ts";

/** Scopes that Google's stand-in knows. */
const googleScopes = [
  "openid",
  "email",
  "profile",
  "https://mail.google.com/",
  "https://www.googleapis.com/auth/gmail.readonly",
  "https://www.googleapis.com/auth/gmail.send",
  "https://www.googleapis.com/auth/gmail.modify",
];

/** The hosts that it stands for. */
export const googleHosts = [
  "accounts.google.com",
  "oauth2.googleapis.com",
  "openidconnect.googleapis.com",
  "gmail.googleapis.com",
];

/** Google's accounts and a little of Gmail. Refresh tokens are not rotated, as Google's are not. */
export function startGoogleStandin(options: {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUris: readonly string[];
  readonly accounts: readonly string[];
  readonly port?: number;
  readonly rotate?: boolean;
}): Promise<OidcStandin> {
  return startOidcStandin({
    ...options,
    title: "Google (stand-in)",
    scopes: googleScopes,
    routes: {
      authorization: "/o/oauth2/v2/auth",
      token: "/token",
      revocation: "/revoke",
      userinfo: "/v1/userinfo",
    },
    resource: gmail,
  });
}

function gmail(request: Recorded, account: string): Answer {
  const path = request.path.replace("/gmail/v1/users/me", "");
  if (path === "/profile")
    return { status: 200, json: { emailAddress: account, messagesTotal: 1, historyId: "1000" } };
  if (path === "/messages")
    return { status: 200, json: { messages: [{ id: "18a", threadId: "18a" }], resultSizeEstimate: 1 } };
  if (path === "/messages/send")
    return { status: 200, json: { id: "18b", threadId: "18b", labelIds: ["SENT"] } };
  return { status: 404, json: { error: { code: 404 } } };
}
