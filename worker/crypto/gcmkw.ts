import { type KeyObject, createSecretKey } from "node:crypto";
import { CompactEncrypt } from "jose";
import { type Compact, decodeBase64url, openGcm } from "../../envelope/compact.ts";
import { SealedError } from "../../envelope/error.ts";

const KEY_BYTES = 32;

/**
 * A 256-bit AES key as an opaque object. An all-zero key is refused: it is what a cleared buffer looks like, and
 * whatever is sealed under it is public.
 *
 * @throws {SealedError} `KEY_INVALID`
 */
export function aesKey(key: Uint8Array | KeyObject): KeyObject {
  if (key instanceof Uint8Array) {
    if (key.length !== KEY_BYTES || key.every((byte) => byte === 0)) throw new SealedError("KEY_INVALID");
    return createSecretKey(key);
  }
  if (key.type !== "secret" || key.symmetricKeySize !== KEY_BYTES) throw new SealedError("KEY_INVALID");
  return key;
}

/**
 * Seals under `A256GCMKW` and `A256GCM` (RFC 7518 sections 4.7, 5.3). jose draws the content key and both IVs at random
 * each time; there is no way to pass one.
 *
 * @param header members beside `alg`, `enc`, `iv` and `tag`; all of it is authenticated
 */
export async function sealGcmkw(
  key: KeyObject,
  header: Readonly<Record<string, unknown>>,
  plaintext: Uint8Array,
): Promise<string> {
  return await new CompactEncrypt(plaintext)
    .setProtectedHeader({ alg: "A256GCMKW", enc: "A256GCM", ...header })
    .encrypt(key);
}

/**
 * Opens what {@link sealGcmkw} made: the content key under the wrapping key, then the content under that.
 *
 * @throws {SealedError} `MALFORMED`, `OPEN_FAILED`
 */
export function openGcmkw(
  key: KeyObject,
  { header, aad, encryptedKey, iv, ciphertext, tag }: Compact,
): Uint8Array {
  const wrapIv = decodeBase64url(header.iv);
  const wrapTag = decodeBase64url(header.tag);
  if (wrapIv.length !== 12 || wrapTag.length !== 16) throw new SealedError("MALFORMED");
  const contentKey = openGcm(key, wrapIv, encryptedKey, wrapTag);
  try {
    return openGcm(contentKey, iv, ciphertext, tag, aad);
  } finally {
    contentKey.fill(0);
  }
}
