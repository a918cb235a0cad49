/** Every way in which WorkOS sign-in can fail; callers may switch on it exhaustively. */
export type SignInErrorCode = keyof typeof MESSAGES;

const MESSAGES = {
  SIGN_IN_CODE_REJECTED: "the sign-in code was rejected: start again",
  SIGN_IN_PROVIDER_DOWN: "the sign-in provider could not be reached or gave no usable answer",
  SIGN_IN_PROVIDER_SLOW: "the sign-in provider did not answer in time",
  SIGN_IN_PROVIDER_BUSY: "the sign-in provider asked us to wait",
  SIGN_IN_ORGANIZATION_REQUIRED: "an organization must be chosen to sign in",
  SIGN_IN_SSO_REQUIRED: "this organization requires its own sign-in method",
  SIGN_IN_EMAIL_UNVERIFIED: "the email address must be verified before signing in",
  SIGN_IN_MFA_REQUIRED: "a further authentication factor is required",
  SIGN_IN_TOKEN_INVALID: "the sign-in provider's token did not verify",
  SIGN_IN_PROVIDER_MISCONFIGURED: "the sign-in provider refused our configuration",
} as const;

/** Seconds to wait when WorkOS says 429 without a usable `Retry-After`. */
const DEFAULT_RETRY_AFTER = 10;
/** An hour: a hostile or broken header must not park a job for a year. */
const MAX_RETRY_AFTER = 3600;

/**
 * The only error that leaves `worker/providers/workos.ts`.
 *
 * It never has a `cause`: what the SDK throws may carry the raw answer (a cut-off body still holds
 * the tokens), jose's errors carry the claims, and a logger prints causes. The text is a constant
 * per code; `requestId` is WorkOS's own reference for a support ticket.
 */
export class SignInError extends Error {
  override readonly name = "SignInError";
  readonly code: SignInErrorCode;
  /** Whole seconds until a new attempt makes sense; only with `SIGN_IN_PROVIDER_BUSY`. */
  readonly retryAfter?: number;
  readonly requestId?: string;

  constructor(code: SignInErrorCode, details: { retryAfter?: number; requestId?: string } = {}) {
    super(MESSAGES[code]);
    this.code = code;
    if (details.retryAfter !== undefined) this.retryAfter = details.retryAfter;
    if (details.requestId !== undefined) this.requestId = details.requestId;
  }
}

/** `Retry-After` (seconds or an HTTP date, RFC 9110 §10.2.3) as whole seconds from 0 to 3600. */
export function retryAfterSeconds(header: unknown): number {
  const seconds =
    typeof header === "string" && header.trim() !== "" && Number.isNaN(Number(header))
      ? (Date.parse(header) - Date.now()) / 1000
      : header === null || header === undefined || header === ""
        ? Number.NaN
        : Number(header);
  if (Number.isNaN(seconds)) return DEFAULT_RETRY_AFTER;
  return Math.ceil(Math.min(Math.max(seconds, 0), MAX_RETRY_AFTER));
}

/** WorkOS's words (`error` or `code` of the answer) and ours. Anything under `mfa_` or `radar_` is a further factor. */
const BY_ERROR: Readonly<Record<string, SignInErrorCode>> = {
  invalid_grant: "SIGN_IN_CODE_REJECTED",
  organization_selection_required: "SIGN_IN_ORGANIZATION_REQUIRED",
  sso_required: "SIGN_IN_SSO_REQUIRED",
  organization_authentication_methods_required: "SIGN_IN_SSO_REQUIRED",
  email_verification_required: "SIGN_IN_EMAIL_UNVERIFIED",
  invalid_client: "SIGN_IN_PROVIDER_MISCONFIGURED",
  unauthorized_client: "SIGN_IN_PROVIDER_MISCONFIGURED",
};

function byStatus(status: number): SignInErrorCode {
  if (status === 408) return "SIGN_IN_PROVIDER_SLOW";
  // All but the code comes from our configuration and was accepted before, so a request that
  // WorkOS calls malformed means a code that somebody made up.
  if (status === 400 || status === 422) return "SIGN_IN_CODE_REJECTED";
  if (status >= 400 && status < 500) return "SIGN_IN_PROVIDER_MISCONFIGURED";
  return "SIGN_IN_PROVIDER_DOWN";
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/**
 * Turns whatever the WorkOS SDK threw into a {@link SignInError}, copying nothing but the status,
 * the error word, `Retry-After` and the request id. Unknown shapes (a body that is not what WorkOS
 * documents, a dropped connection) are `SIGN_IN_PROVIDER_DOWN`.
 */
export function signInErrorFrom(thrown: unknown): SignInError {
  if (thrown instanceof SignInError) return thrown;
  let error = thrown as Record<string, unknown> | null | undefined;
  // The SDK wraps what its transport threw (a body that is no JSON, a dropped connection) once.
  if (error instanceof Error && error.cause instanceof Error && error.status === undefined) {
    error = error.cause as unknown as Record<string, unknown>;
  }
  if (typeof error !== "object" || error === null) return new SignInError("SIGN_IN_PROVIDER_DOWN");

  const requestId = text(error.requestID);
  const details = requestId !== undefined && /^[\w-]{1,80}$/.test(requestId) ? { requestId } : {};

  // ParseError's `status` is always 500; the real one is `rawStatus`.
  const unreadable = typeof error.rawStatus === "number";
  const status = unreadable ? error.rawStatus : error.status;
  if (typeof status !== "number") return new SignInError("SIGN_IN_PROVIDER_DOWN", details);
  if (status === 429) {
    const header = unreadable
      ? (error.rawHeaders as Headers | undefined)?.get("Retry-After")
      : error.retryAfter;
    return new SignInError("SIGN_IN_PROVIDER_BUSY", { ...details, retryAfter: retryAfterSeconds(header) });
  }
  // A proxy's HTML page says nothing about the code, whatever its status.
  if (unreadable)
    return new SignInError(
      status === 401 || status === 403 ? byStatus(status) : "SIGN_IN_PROVIDER_DOWN",
      details,
    );

  const word = text(error.error) ?? text(error.code) ?? "";
  const known = Object.hasOwn(BY_ERROR, word) ? BY_ERROR[word] : undefined;
  if (status < 500 && known) return new SignInError(known, details);
  if (status < 500 && /^(mfa|radar)_/.test(word)) return new SignInError("SIGN_IN_MFA_REQUIRED", details);
  return new SignInError(byStatus(status), details);
}
