const START_AGAIN = "start the sign-in again";
const SIGN_IN_AGAIN = "sign in again";

/** Every code that the sign-in routes answer, with its HTTP status, its sentence and what the person can do. */
export const authErrors = {
  REQUEST_MALFORMED: [400, "the request lacks a parameter or has one of the wrong form", null],
  REQUEST_TOO_LARGE: [413, "the request is too large", null],
  CONTENT_TYPE_UNSUPPORTED: [415, "only application/json is accepted", null],
  METHOD_NOT_ALLOWED: [405, "the method is not allowed here", null],
  NOT_FOUND: [404, "there is nothing here", null],
  ORIGIN_REFUSED: [403, "the request comes from another origin", "send it from a page of this origin"],
  RATE_LIMITED: [429, "too many requests", "wait a moment"],
  INTERNAL: [500, "something went wrong", "try again"],
  UNAVAILABLE: [503, "the service is not available", "try again in a moment"],

  RETURN_TO_REFUSED: [400, "the address to return to is not a path of this site", null],
  REDIRECT_URI_REFUSED: [
    400,
    "the redirect address must be http://127.0.0.1 or http://[::1] with a port",
    null,
  ],
  SIGN_IN_STATE_UNKNOWN: [400, "this sign-in is unknown, over, or used already", START_AGAIN],
  SIGN_IN_BROWSER_MISMATCH: [400, "this sign-in was begun in another browser", START_AGAIN],
  SIGN_IN_VERIFIER_MISMATCH: [400, "the verifier does not answer the challenge", START_AGAIN],
  SIGN_IN_CANCELLED: [400, "the sign-in was cancelled", START_AGAIN],
  SIGN_IN_CODE_REJECTED: [400, "the sign-in code was rejected", START_AGAIN],
  SIGN_IN_PROVIDER_DOWN: [
    502,
    "the sign-in provider could not be reached or gave no usable answer",
    "try again",
  ],
  SIGN_IN_PROVIDER_SLOW: [504, "the sign-in provider did not answer in time", "try again"],
  SIGN_IN_PROVIDER_BUSY: [503, "the sign-in provider asked us to wait", "try again in a moment"],
  SIGN_IN_PROVIDER_MISCONFIGURED: [
    502,
    "the sign-in provider refused our configuration",
    "tell your administrator",
  ],
  SIGN_IN_TOKEN_INVALID: [502, "the sign-in provider's token did not verify", START_AGAIN],
  SIGN_IN_ORGANIZATION_REQUIRED: [403, "an organization must be chosen to sign in", START_AGAIN],
  SIGN_IN_ORGANIZATION_MISMATCH: [403, "the sign-in was for another organization", START_AGAIN],
  SIGN_IN_SSO_REQUIRED: [
    403,
    "this organization requires its own sign-in method",
    "sign in through your organization",
  ],
  SIGN_IN_EMAIL_UNVERIFIED: [
    403,
    "the email address must be verified before signing in",
    "verify it, then sign in",
  ],
  SIGN_IN_MFA_REQUIRED: [403, "a further authentication factor is required", START_AGAIN],
  SIGN_IN_IMPERSONATION_REFUSED: [403, "nobody signs in here as somebody else", null],
  SIGN_IN_FAILED: [502, "the sign-in could not be completed", START_AGAIN],

  ORGANIZATION_UNKNOWN: [
    403,
    "no workspace belongs to that organization",
    "ask whoever set up your organization",
  ],
  NOT_INVITED: [
    403,
    "you have not been invited to a workspace",
    "ask an admin of the workspace for an invitation",
  ],
  ORGANIZATION_SIGN_IN_REQUIRED: [
    403,
    "this workspace is entered through its organization only",
    "sign in through your organization",
  ],
  MEMBERSHIP_SUSPENDED: [403, "your membership is suspended", "ask an admin of your workspace"],
  SSO_REQUIRED: [
    403,
    "this workspace is entered by single sign-on only",
    "sign in through your organization",
  ],

  REFRESH_MISSING: [401, "there is no refresh token", SIGN_IN_AGAIN],
  REFRESH_UNKNOWN: [401, "the refresh token is unknown or its sign-in has ended", SIGN_IN_AGAIN],
  REFRESH_REUSED: [401, "the refresh token was used before, so its sign-in has ended", SIGN_IN_AGAIN],
  UNAUTHENTICATED: [401, "there is no access token", SIGN_IN_AGAIN],
  SESSION_MALFORMED: [401, "the access token is malformed", SIGN_IN_AGAIN],
  SESSION_SIGNATURE_INVALID: [401, "the access token's signature is not ours", SIGN_IN_AGAIN],
  SESSION_UNKNOWN: [401, "the access token is unknown", SIGN_IN_AGAIN],
  SESSION_REVOKED: [401, "the session has ended", SIGN_IN_AGAIN],
  SESSION_EXPIRED: [401, "the session has expired", SIGN_IN_AGAIN],
  SESSION_IDLE: [401, "the session was idle for too long", SIGN_IN_AGAIN],
  SESSION_SUSPENDED: [401, "your membership is suspended", "ask an admin of your workspace"],

  SEALED_TIMEOUT: [503, "the sign-in service did not answer in time", "try again"],
  SEALED_WORKER_DOWN: [503, "the sign-in service is not running", "try again in a moment"],
  SEALED_OVERLOADED: [503, "the sign-in service is busy", "try again in a moment"],
  SEALED_UNAVAILABLE: [503, "the sign-in service cannot be reached", "try again in a moment"],
  SEALED_FAILED: [503, "the sign-in service could not answer", "try again"],
} as const satisfies Record<string, readonly [status: number, message: string, hint: string | null]>;

export type AuthErrorCode = keyof typeof authErrors;

export interface AuthErrorDetails {
  /** Whole seconds until another attempt makes sense. */
  readonly retryAfter?: number;
  /** The status where a route's differs from the registry's. */
  readonly status?: number;
  /** For `METHOD_NOT_ALLOWED`. */
  readonly allow?: string;
}

/** A refusal of a sign-in route. Fixed text only: nothing of the request gets into it. */
export class AuthError extends Error {
  override readonly name = "AuthError";
  readonly code: AuthErrorCode;
  readonly status: number;
  readonly hint: string | null;
  readonly retryAfter: number | undefined;
  readonly allow: string | undefined;

  constructor(code: AuthErrorCode, details: AuthErrorDetails = {}) {
    const [status, message, hint] = authErrors[code];
    super(message);
    this.code = code;
    this.status = details.status ?? status;
    this.hint = hint;
    this.retryAfter = details.retryAfter;
    this.allow = details.allow;
  }
}

/** Whether a word from the database or the worker is one of the codes; anything else must not reach a caller. */
export function isAuthErrorCode(word: unknown): word is AuthErrorCode {
  return typeof word === "string" && Object.hasOwn(authErrors, word);
}
