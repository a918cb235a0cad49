import type { GuardedFetch } from "../egress/client.ts";
import type { Provider } from "../egress/rules.ts";

/** Which worker service holds a provider's connections. */
export type ConnectionService = "mail_sync" | "crm";

/** The product's own registration at a provider. */
export interface OAuthClient {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** What a connection is for: fixed at consent, and all that it may do. */
export interface Profile {
  /** Asked for, exactly; the provider's spelling. */
  readonly scopes: readonly string[];
}

/** A credential as it is sealed: JSON. Which members there are is the provider's matter. */
export interface Credential {
  readonly accessToken?: string;
  readonly refreshToken?: string;
  /** Milliseconds since 1970; absent where the provider does not say. */
  readonly expiresAt?: number;
  /** Salesforce, Gong: the customer's own API origin. */
  readonly apiBase?: string;
  /** Nylas: the grant; useless without our own API key. */
  readonly grantId?: string;
  /** Granola. */
  readonly apiKey?: string;
  /** Raw mail servers. */
  readonly mailbox?: MailboxCredential;
}

/** Where a raw mailbox is and how to enter it. */
export interface MailboxCredential {
  readonly user: string;
  readonly password: string;
  readonly smtp: { readonly host: string; readonly port: number };
  readonly imap: { readonly host: string; readonly port: number };
}

/** What a provider issued. */
export interface Granted {
  readonly credential: Credential;
  /** Granted scopes as the provider spells them; null where it does not say (then what was asked counts, RFC 6749 5.1). */
  readonly scopes: readonly string[] | null;
}

/** Whose account it is. */
export interface Account {
  /** Stable at the provider. */
  readonly id: string;
  /** For people: an address or a name. */
  readonly label: string;
}

/**
 * What a revocation came to: `revoked`: the provider confirmed; `unknown`: it does not know the token any more;
 * `unsupported`: it offers no way, the person does it in their account there.
 */
export type Revocation = "revoked" | "unknown" | "unsupported";

/** What goes into the provider's consent screen. */
export interface AuthorizeRequest {
  readonly profile: string;
  readonly redirectUri: string;
}

export interface ExchangeRequest {
  readonly profile: string;
  readonly code: string;
  readonly codeVerifier: string;
  readonly redirectUri: string;
}

/** How a PKCE challenge is made: RFC 7636, Nylas' own way, or not at all. */
export type Pkce = "S256" | "nylas" | "none";

/**
 * One provider. Every function takes the guarded `fetch` of one connection and throws `ProviderError` or `EgressError`.
 */
export interface ConnectionProvider {
  readonly name: Exclude<Provider, "smtp_imap">;
  readonly service: ConnectionService;
  readonly kind: "oauth" | "secret";
  readonly pkce: Pkce;
  /** Whether the provider has a way to take a grant back. */
  readonly revocable: boolean;
  readonly profiles: Readonly<Record<string, Profile>>;
  /** Scopes that a provider adds by itself and that open nothing, in its own spelling. */
  readonly harmlessScopes: readonly string[];
  /** One spelling for each scope. */
  normalizeScope(scope: string): string;
  /** The consent screen; `state` and the PKCE challenge are appended to it. */
  authorizeUrl(request: AuthorizeRequest): string;
  exchangeCode(fetch: GuardedFetch, request: ExchangeRequest): Promise<Granted>;
  /** The next credential; a refresh token that the provider kept stays in it. */
  refresh(fetch: GuardedFetch, credential: Credential): Promise<Granted>;
  revoke(fetch: GuardedFetch, credential: Credential): Promise<Revocation>;
  whoAmI(fetch: GuardedFetch, credential: Credential): Promise<Account>;
}
