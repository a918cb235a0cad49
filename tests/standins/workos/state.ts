import { createHash, randomBytes } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import type { Session, SigningKey, State, User, WorkosStandinOptions } from "./types.ts";

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

function base32(bytes: Uint8Array): string {
  return [...bytes].map((byte) => CROCKFORD[byte & 31]).join("");
}

/** An id of WorkOS's shape: a prefix and 26 characters. With a seed it is always the same. */
export function id(prefix: string, seed?: string): string {
  const bytes =
    seed === undefined ? randomBytes(24) : createHash("sha256").update(seed).digest().subarray(0, 24);
  return `${prefix}01${base32(bytes)}`;
}

/** A fresh RSA key. Its id is random: verifiers that cached a former run's keys must notice. */
export async function signingKey(): Promise<SigningKey> {
  const pair = await generateKeyPair("RS256", { extractable: true });
  const kid = id("sso_oidc_key_pair_");
  const publicJwk = { ...(await exportJWK(pair.publicKey)), kid, alg: "RS256", use: "sig" };
  return { kid, privateKey: pair.privateKey, publicJwk };
}

export async function createState(options: WorkosStandinOptions): Promise<State> {
  const users = options.people.map((person): [string, User] => {
    const userId = person.id ?? id("user_", person.email.toLowerCase());
    return [userId, { id: userId, person, lastSignInAt: null }];
  });
  return {
    options,
    skewMs: 0,
    users: new Map(users),
    codes: new Map(),
    sessions: new Map(),
    refreshTokens: new Map(),
    pendingAuthentications: new Map(),
    pending: new Map(),
    key: await signingKey(),
    issuer: "",
    events: [],
  };
}

export function now(state: State): number {
  return Date.now() + state.skewMs;
}

export function userByEmail(state: State, email: string): User | undefined {
  return [...state.users.values()].find(({ person }) => person.email.toLowerCase() === email.toLowerCase());
}

export function activeMemberships(user: User): NonNullable<User["person"]["memberships"]> {
  return (user.person.memberships ?? []).filter(({ status }) => (status ?? "active") === "active");
}

/** The user object of WorkOS's API. */
export function userJson(user: User): Record<string, unknown> {
  const { person } = user;
  const name = [person.firstName, person.lastName].filter(Boolean).join(" ");
  return {
    object: "user",
    id: user.id,
    email: person.email,
    email_verified: person.emailVerified ?? true,
    name: name || null,
    first_name: person.firstName ?? null,
    last_name: person.lastName ?? null,
    profile_picture_url: null,
    last_sign_in_at: user.lastSignInAt,
    locale: null,
    external_id: null,
    metadata: {},
    created_at: "2026-01-05T09:00:00.000Z",
    updated_at: "2026-01-05T09:00:00.000Z",
  };
}

/** How a token is to be spoiled, for tests of the verifier. */
export interface TokenFlaws {
  issuer?: string;
  key?: SigningKey;
  subject?: string;
  claims?: Record<string, unknown>;
  /** Seconds by which the whole life of the token lies in the past. */
  ageSeconds?: number;
}

/** Signs the access token of a session: WorkOS's claims, no `aud`, no email. */
export async function accessToken(state: State, session: Session, flaws: TokenFlaws = {}): Promise<string> {
  const user = state.users.get(session.userId)!;
  const membership = activeMemberships(user).find(
    ({ organizationId }) => organizationId === session.organizationId,
  );
  const role = membership?.role ?? "member";
  const issuedAt = Math.floor(now(state) / 1000) - (flaws.ageSeconds ?? 0);
  const key = flaws.key ?? state.key;
  return await new SignJWT({
    iss: flaws.issuer ?? state.issuer,
    sub: flaws.subject ?? user.id,
    sid: session.id,
    jti: id(""),
    ...(user.person.impersonator ? { act: { sub: user.person.impersonator.email } } : {}),
    ...(membership
      ? { org_id: membership.organizationId, role, roles: [role], permissions: membership.permissions ?? [] }
      : {}),
    ...flaws.claims,
    iat: issuedAt,
    exp: issuedAt + (state.options.accessTokenSeconds ?? 300),
  })
    .setProtectedHeader({ alg: "RS256", kid: key.kid })
    .sign(key.privateKey);
}

/** Issues the next refresh token of a session: single use. */
export function refreshToken(state: State, session: Session): string {
  const token = randomBytes(24).toString("base64url");
  state.refreshTokens.set(token, { sessionId: session.id, used: false });
  return token;
}
