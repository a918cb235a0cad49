import type { GuardedFetch } from "../egress/client.ts";
import type { ConnectionProvider, Credential } from "./connection_provider.ts";
import { accountText, consentUrl, readJson, readTokenAnswer, refuseTemporary } from "./oauth.ts";
import { ProviderError } from "./provider_error.ts";

/** Our registration at Nylas: its API key is the client's secret and opens every grant. */
export interface NylasClient {
  readonly clientId: string;
  readonly apiKey: string;
  readonly region?: "us" | "eu";
}

const GRANT = /^[0-9A-Za-z-]{1,64}$/;
const profiles = {
  /** The scopes are those of our registration at Nylas: read and send. */
  mailbox: { scopes: [] },
};

/**
 * Mailboxes by way of Nylas. No token of the mailbox comes here at all: Nylas keeps it, and what is sealed is the id of
 * the grant. Ending a connection destroys the grant; `auth.revoke` of their SDK would only end one token.
 */
export function nylas(client: NylasClient): ConnectionProvider {
  const api = `https://api.${client.region ?? "us"}.nylas.com/v3`;
  const authorization = `Bearer ${client.apiKey}`;
  const grantUrl = (grantId: string | undefined) => {
    if (!grantId || !GRANT.test(grantId)) throw new ProviderError("PROVIDER_MALFORMED");
    return `${api}/grants/${grantId}`;
  };
  /** The grant, if it still stands: a key that Nylas refuses is ours, and no grant's end. */
  async function standing(fetch: GuardedFetch, credential: Credential): Promise<Record<string, unknown>> {
    const answer = await fetch(grantUrl(credential.grantId), {
      headers: { authorization, accept: "application/json" },
    });
    refuseTemporary(answer);
    if (answer.status === 404) throw new ProviderError("PROVIDER_GRANT_INVALID");
    if (answer.status === 401) throw new ProviderError("PROVIDER_MISCONFIGURED");
    if (!answer.ok) throw new ProviderError("PROVIDER_REFUSED");
    const data = ((await readJson(answer)).data ?? {}) as Record<string, unknown>;
    if (data.grant_status === "invalid") throw new ProviderError("PROVIDER_GRANT_INVALID");
    return data;
  }
  return {
    name: "nylas",
    service: "mail_sync",
    kind: "oauth",
    pkce: "nylas",
    revocable: true,
    profiles,
    harmlessScopes: [],
    normalizeScope: (scope) => scope,
    authorizeUrl: ({ redirectUri }) =>
      consentUrl(`${api}/connect/auth`, {
        client_id: client.clientId,
        redirect_uri: redirectUri,
        access_type: "offline",
      }),
    async exchangeCode(fetch, { code, codeVerifier, redirectUri }) {
      const answer = await fetch(`${api}/connect/token`, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/json" },
        body: JSON.stringify({
          client_id: client.clientId,
          client_secret: client.apiKey,
          grant_type: "authorization_code",
          code,
          code_verifier: codeVerifier,
          redirect_uri: redirectUri,
        }),
      });
      const body = await readTokenAnswer(answer, "code");
      grantUrl(body.grant_id as string | undefined);
      return { credential: { grantId: body.grant_id as string }, scopes: null };
    },
    /** Nothing expires here: whether the grant still stands is asked instead. */
    async refresh(fetch, credential) {
      await standing(fetch, credential);
      return { credential, scopes: null };
    },
    async revoke(fetch, credential) {
      const answer = await fetch(grantUrl(credential.grantId), {
        method: "DELETE",
        headers: { authorization },
      });
      refuseTemporary(answer);
      if (answer.ok) return "revoked";
      if (answer.status === 404) return "unknown";
      throw new ProviderError("PROVIDER_REFUSED");
    },
    async whoAmI(fetch, credential) {
      const data = await standing(fetch, credential);
      // The same mailbox connected again is another grant, so the address is what stays.
      const email = accountText(data.email);
      return { id: email.toLowerCase(), label: email };
    },
  };
}
