const MESSAGES = {
  OPEN_FAILED: "sealed value does not open",
  KEY_UNKNOWN: "sealed value names a key that is not held",
  BINDING_MISMATCH: "sealed value belongs to something else",
  MALFORMED: "sealed value is malformed",
  KEY_INVALID: "key is not usable",
} as const;

/**
 * Why a sealed value was not made or not opened.
 *
 * - `OPEN_FAILED`: authentication failed: a wrong key or a changed byte, never which of the two
 * - `KEY_UNKNOWN`: no key is held under the named id
 * - `BINDING_MISMATCH`: intact or not, it was sealed for another workspace, row, person, provider, version or call
 * - `MALFORMED`: not the one shape that is accepted: parts, algorithms, header members, lengths
 * - `KEY_INVALID`: the key or key set given by our own side is wrong: configuration or a bug
 */
export type SealedErrorCode = keyof typeof MESSAGES;

/**
 * The only error that sealing and opening throw.
 *
 * It carries a code and a sentence written here, never a cause: library errors may quote header values, and an error
 * travels to logs that must not hold plaintext, keys or ciphertext.
 */
export class SealedError extends Error {
  override readonly name = "SealedError";
  readonly code: SealedErrorCode;

  /** @param reason a literal of the calling module; never built from input */
  constructor(code: SealedErrorCode, reason: string = MESSAGES[code]) {
    super(reason);
    this.code = code;
  }
}
