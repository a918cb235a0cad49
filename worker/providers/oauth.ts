import type { GuardedFetch } from "../egress/client.ts";
import type { Account, Credential, Granted } from "./connection_provider.ts";
import { ProviderError, type ProviderErrorCode, retryAfterSeconds } from "./provider_error.ts";

const TOKEN = /^[\x21-\x7e]{1,16384}$/;

/** Which of its two uses a token request is: a refused code is not a dead connection. */
export type TokenUse = "code" | "refresh";

/** A POST of a form to a token endpoint (RFC 6749 section 3.2), and what came of it. */
export async function requestToken(
  fetch: GuardedFetch,
  use: TokenUse,
  url: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Record<string, unknown>> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json", ...headers },
    body: new URLSearchParams(form).toString(),
  });
  return readTokenAnswer(answer, use);
}

/** Reads a token endpoint's answer; its errors become ours (RFC 6749 section 5.2). */
export async function readTokenAnswer(answer: Response, use: TokenUse): Promise<Record<string, unknown>> {
  refuseTemporary(answer);
  const body = await readJson(answer);
  if (answer.ok) return body;
  const error = body.error;
  if (error === "invalid_grant")
    throw new ProviderError(use === "code" ? "PROVIDER_CODE_REJECTED" : "PROVIDER_GRANT_INVALID");
  if (error === "temporarily_unavailable" || error === "server_error")
    throw new ProviderError("PROVIDER_UNAVAILABLE");
  throw new ProviderError(
    error === "invalid_client" || error === "unauthorized_client"
      ? "PROVIDER_MISCONFIGURED"
      : "PROVIDER_REFUSED",
  );
}

/**
 * The credential of a token answer.
 *
 * @param previous the refresh token stays where the answer has none: not every provider rotates
 */
export function grantedFrom(
  body: Record<string, unknown>,
  previous: Credential = {},
  now = Date.now(),
): Granted {
  const accessToken = text(body.access_token);
  const refreshToken = body.refresh_token === undefined ? previous.refreshToken : text(body.refresh_token);
  const seconds = Number(body.expires_in);
  const { expiresAt: _former, ...kept } = previous;
  return {
    credential: {
      ...kept,
      accessToken,
      ...(refreshToken === undefined ? {} : { refreshToken }),
      ...(Number.isFinite(seconds) && seconds > 0 ? { expiresAt: now + seconds * 1000 } : {}),
    },
    scopes: typeof body.scope === "string" ? body.scope.split(/[ ,]+/).filter(Boolean) : null,
  };
}

/** A GET of JSON with the connection's access token. */
export async function getJson(
  fetch: GuardedFetch,
  url: string,
  accessToken: string | undefined,
): Promise<Record<string, unknown>> {
  if (!accessToken) throw new ProviderError("PROVIDER_TOKEN_REJECTED");
  const answer = await fetch(url, {
    headers: { authorization: `Bearer ${accessToken}`, accept: "application/json" },
  });
  refuseTemporary(answer);
  if (answer.status === 401) throw new ProviderError("PROVIDER_TOKEN_REJECTED");
  if (!answer.ok) throw new ProviderError("PROVIDER_REFUSED");
  return readJson(answer);
}

/** Who an OpenID Connect userinfo endpoint says it is. */
export async function userInfo(fetch: GuardedFetch, url: string, credential: Credential): Promise<Account> {
  const body = await getJson(fetch, url, credential.accessToken);
  const id = accountText(body.sub);
  return { id, label: typeof body.email === "string" ? accountText(body.email) : id };
}

/** Throws for answers that say "later". */
export function refuseTemporary(answer: Response): void {
  const code: ProviderErrorCode | null =
    answer.status === 429 ? "PROVIDER_RATE_LIMITED" : answer.status >= 500 ? "PROVIDER_UNAVAILABLE" : null;
  if (code) throw new ProviderError(code, retryAfterSeconds(answer.headers));
}

/** A JSON object, or `PROVIDER_MALFORMED`; a parser's own error would quote what it could not parse. */
export async function readJson(answer: Response): Promise<Record<string, unknown>> {
  let body: unknown;
  try {
    body = await answer.json();
  } catch {
    throw new ProviderError("PROVIDER_MALFORMED");
  }
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw new ProviderError("PROVIDER_MALFORMED");
  return body as Record<string, unknown>;
}

/** A token: printable, bounded. A line break in one would become a header of its own. */
function text(value: unknown): string {
  if (typeof value !== "string" || !TOKEN.test(value)) throw new ProviderError("PROVIDER_MALFORMED");
  return value;
}

/** An account's id or name, for people to read. */
export function accountText(value: unknown): string {
  if (typeof value !== "string" || value === "" || value.length > 320 || /[\p{Cc}]/u.test(value)) {
    throw new ProviderError("PROVIDER_MALFORMED");
  }
  return value;
}

/** HTTP Basic for a client (RFC 6749 section 2.3.1: both halves form-encoded first). */
export function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString("base64")}`;
}

/** The profile, or an error that names nothing of the caller's. */
export function scopesOf(
  profiles: Readonly<Record<string, { scopes: readonly string[] }>>,
  profile: string,
): readonly string[] {
  if (!Object.hasOwn(profiles, profile)) throw new ProviderError("PROVIDER_MISCONFIGURED");
  return profiles[profile]!.scopes;
}

/** The parameters of the code grant (RFC 6749 section 4.1.1) behind an endpoint. */
export function consentUrl(endpoint: string, params: Readonly<Record<string, string>>): string {
  return `${endpoint}?${new URLSearchParams({ response_type: "code", ...params }).toString()}`;
}
