import { SealedCallError } from "../sealed/types.ts";
import { AuthError, isAuthErrorCode } from "./errors.ts";
import type { AuthDeps } from "./types.ts";

/** A fresh session's tokens, as the identity service answered. */
export interface SessionTokens {
  readonly accessToken: string;
  readonly accessExpiresAt: Date;
  readonly refreshToken: string;
  /** When the sign-in ends whatever is refreshed. */
  readonly expiresAt: Date;
}

/**
 * Waits for the identity service to exchange the provider's code, and takes its sealed answer apart:
 * `{ session: { accessToken, accessExpiresAt, refreshToken, expiresAt } }` or `{ refused: { code, retryAfter? } }`.
 *
 * @throws {AuthError} the service's code where it is one that callers may see, else `SIGN_IN_FAILED`; `SEALED_*`
 */
export async function signInAnswer(sealed: AuthDeps["sealed"], callId: string): Promise<SessionTokens> {
  let answer: {
    session?: Record<string, unknown>;
    refused?: { code?: unknown; retryAfter?: unknown };
  } | null;
  try {
    answer = (await sealed.askIdentity(callId)) as typeof answer;
  } catch (error) {
    if (error instanceof SealedCallError && isAuthErrorCode(error.code)) throw new AuthError(error.code);
    throw error;
  }
  if (answer?.refused) {
    const { code, retryAfter } = answer.refused;
    const known = isAuthErrorCode(code) ? code : "SIGN_IN_FAILED";
    throw new AuthError(
      known,
      Number.isFinite(retryAfter) ? { retryAfter: Math.ceil(Number(retryAfter)) } : {},
    );
  }
  const { accessToken, accessExpiresAt, refreshToken, expiresAt } = answer?.session ?? {};
  if (typeof accessToken !== "string" || typeof refreshToken !== "string")
    throw new AuthError("SIGN_IN_FAILED");
  return {
    accessToken,
    refreshToken,
    accessExpiresAt: new Date(String(accessExpiresAt)),
    expiresAt: new Date(String(expiresAt)),
  };
}
