import type { CryptoKey, JWK } from "jose";

export interface StandinOrganization {
  /** `org_…` */
  id: string;
  name: string;
  /** Members must use SSO: any other method is answered `sso_required`. */
  ssoRequired?: boolean;
}

export interface StandinPerson {
  email: string;
  firstName?: string | null;
  lastName?: string | null;
  /** `user_…`; derived from the email when absent, so that it survives a restart. */
  id?: string;
  /** False is answered `email_verification_required` (unless `requireVerifiedEmail` is off). */
  emailVerified?: boolean;
  /** How this person signs in. */
  authenticationMethod?: "MagicAuth" | "GoogleOAuth" | "MicrosoftOAuth" | "Passkey" | "SSO" | "Impersonation";
  impersonator?: { email: string; reason: string | null };
  memberships?: {
    organizationId: string;
    role?: string;
    permissions?: string[];
    status?: "active" | "inactive" | "pending";
  }[];
}

export interface WorkosStandinOptions {
  /** 0 (an ephemeral port) unless given. */
  port?: number;
  clientId: string;
  apiKey: string;
  organizations: StandinOrganization[];
  people: StandinPerson[];
  /** The origin browsers use, when it differs from `url`; also the issuer's base. */
  publicUrl?: string;
  /** Exact redirect URIs. A registered loopback URI is allowed on any port (RFC 8252 §7.3). Without a list: loopback only. */
  redirectUris?: string[];
  /** As WorkOS environments that require verified addresses, which is the default there and here. */
  requireVerifiedEmail?: boolean;
  /** Seconds that an access token lives; WorkOS's default is 300. */
  accessTokenSeconds?: number;
}

/** One request as it arrived. `body` is parsed JSON or form data; secrets are not removed: this is test equipment. */
export interface RecordedRequest {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string | string[] | undefined>;
  body: Record<string, unknown> | null;
  rawBody: string;
}

export interface User {
  id: string;
  person: StandinPerson;
  lastSignInAt: string | null;
}

export interface Code {
  userId: string;
  organizationId: string | null;
  challenge: string;
  expiresAt: number;
  used: boolean;
}

export interface Session {
  id: string;
  userId: string;
  organizationId: string | null;
  ended: boolean;
}

/** An authorization request that waits on the sign-in page. */
export interface Pending {
  redirectUri: string;
  state: string | null;
  challenge: string;
  organizationId: string | null;
  loginHint: string | null;
}

export interface SigningKey {
  kid: string;
  privateKey: CryptoKey;
  publicJwk: JWK;
}

export interface State {
  options: WorkosStandinOptions;
  /** Milliseconds added to the clock by `advance`. */
  skewMs: number;
  users: Map<string, User>;
  codes: Map<string, Code>;
  sessions: Map<string, Session>;
  refreshTokens: Map<string, { sessionId: string; used: boolean }>;
  pendingAuthentications: Map<string, { userId: string }>;
  pending: Map<string, Pending>;
  key: SigningKey;
  issuer: string;
  /** What WorkOS's Events API would tell, oldest first. */
  events: { object: "event"; id: string; event: string; created_at: string; data: Record<string, unknown> }[];
}

/** An answer before it is written: JSON, HTML or a redirect. */
export interface Reply {
  status: number;
  json?: unknown;
  html?: string;
  location?: string;
  headers?: Record<string, string>;
}
