import type { KeySubject } from "./key_id.ts";

export type { KeySubject } from "./key_id.ts";

/** A workspace key as the database holds it. `kek` names the key that opens it, for example `local:v2`. */
export type WrappedKey = { readonly kek: string; readonly wrapped: string };

/**
 * A key-encryption key, outside the database. The subject is authenticated with the wrapped key, so one that is copied
 * to another workspace, purpose or version does not unwrap.
 */
export interface Kek {
  /** the key that wraps now: `local:v2`, `kms:<key ARN>` */
  readonly current: string;
  /** The outside service that wraps and unwraps; undefined where that is done here. */
  readonly service?: string;
  wrap(subject: KeySubject, key: Uint8Array): Promise<WrappedKey>;
  /** @returns 32 bytes; the caller clears them */
  unwrap(subject: KeySubject, kek: string, wrapped: string): Promise<Uint8Array>;
}

/**
 * - `KEK_UNAVAILABLE`: the key service cannot be reached, is slow, throttles or is recovering: try again later
 * - `KEK_REFUSED`: it will not do this: a disabled key, no right, a wrong or changed wrapped key
 * - `KEK_CONFIGURATION`: a setting is missing or wrong
 */
export type KekErrorCode = "KEK_UNAVAILABLE" | "KEK_REFUSED" | "KEK_CONFIGURATION";

/** Carries a code and a sentence of ours; never a cause, a key, or what the key service wrote. */
export class KekError extends Error {
  override readonly name = "KekError";
  readonly code: KekErrorCode;

  /** @param reason a literal of the calling module; never built from a secret */
  constructor(code: KekErrorCode, reason: string) {
    super(reason);
    this.code = code;
  }

  get retryable(): boolean {
    return this.code === "KEK_UNAVAILABLE";
  }
}
