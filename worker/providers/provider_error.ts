const MESSAGES = {
  PROVIDER_GRANT_INVALID: "the provider no longer honours this connection: connect again",
  PROVIDER_CODE_REJECTED: "the provider refused the sign-in code: start again",
  PROVIDER_TOKEN_REJECTED: "the provider refused the access token",
  PROVIDER_CREDENTIAL_REJECTED: "the provider refused this user name, password or key",
  PROVIDER_SCOPES_MISSING:
    "not everything that is needed was granted: connect again and leave every box ticked",
  PROVIDER_SCOPES_EXCEEDED: "more was granted than asked for; it was given back",
  PROVIDER_SIGN_IN_AVAILABLE: "this mailbox is connected by signing in: no password is taken",
  PROVIDER_RATE_LIMITED: "the provider asks to slow down",
  PROVIDER_UNAVAILABLE: "the provider does not answer at the moment",
  PROVIDER_MALFORMED: "the provider answered with something unexpected",
  PROVIDER_MISCONFIGURED: "this provider is not set up correctly here",
  PROVIDER_REFUSED: "the provider refused the request",
} as const;

/** What a provider did. Each has one sentence for the person, never the provider's own words: those may quote input. */
export type ProviderErrorCode = keyof typeof MESSAGES;

/** The only error that provider modules throw, next to the guard's `EgressError`. It never has a cause. */
export class ProviderError extends Error {
  override readonly name = "ProviderError";
  readonly code: ProviderErrorCode;
  /** Seconds that the provider asks to wait; at most an hour. */
  readonly retryAfter: number | undefined;

  constructor(code: ProviderErrorCode, retryAfter?: number) {
    super(MESSAGES[code]);
    this.code = code;
    this.retryAfter = retryAfter;
  }

  /** Whether the same call may succeed later without anybody doing anything. */
  get retryable(): boolean {
    return ["PROVIDER_RATE_LIMITED", "PROVIDER_UNAVAILABLE", "PROVIDER_MALFORMED"].includes(this.code);
  }
}

/** The words for a code, for rows that hold the code alone. */
export function providerMessage(code: ProviderErrorCode): string {
  return MESSAGES[code];
}

/** Seconds of a `Retry-After` header, in either of its forms (RFC 9110 section 10.2.3), within an hour. */
export function retryAfterSeconds(headers: Headers, now = Date.now()): number | undefined {
  const text = headers.get("retry-after")?.trim();
  if (!text) return undefined;
  const seconds = /^\d+$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - now) / 1000);
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), 3600) : undefined;
}
