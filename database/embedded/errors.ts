/** Everything that can go wrong between "start" and "ready", one symbol per cause the reader can act on. */
export type EmbeddedErrorCode =
  | "ALREADY_RUNNING"
  | "BINARIES_MISSING"
  | "DATA_DIRECTORY_CORRUPT"
  | "DATA_DIRECTORY_FORBIDDEN"
  | "NO_UNPRIVILEGED_USER"
  | "PASSWORD_REFUSED"
  | "PORT_TAKEN"
  | "SERVER_START_FAILED"
  | "UNSAFE_DIRECTORY";

/** `message` says what is wrong, `hint` what to do about it. Neither ever holds the password. */
export type EmbeddedError = Error & { code: EmbeddedErrorCode; hint?: string; pid?: number };

/** Builds the coded error that every function of `database/embedded` throws. */
export function embeddedError(
  code: EmbeddedErrorCode,
  message: string,
  details: { hint?: string; pid?: number; cause?: unknown } = {},
): EmbeddedError {
  const { cause, ...rest } = details;
  return Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { code, ...rest });
}
