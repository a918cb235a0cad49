import { type KeyObject, createPublicKey, diffieHellman } from "node:crypto";
import { decodeBase64url } from "./compact.ts";
import { SealedError } from "./error.ts";

const KEY_BYTES = 32;

/**
 * Reads an X25519 public key from its JWK coordinate (`x`, base64url of 32 bytes, RFC 8037).
 *
 * @throws {SealedError} `KEY_INVALID`
 */
export function publicKeyFrom(x: unknown): KeyObject {
  try {
    if (decodeBase64url(x).length !== KEY_BYTES) throw new SealedError("KEY_INVALID");
    return createPublicKey({ key: { kty: "OKP", crv: "X25519", x: x as string }, format: "jwk" });
  } catch {
    throw new SealedError("KEY_INVALID", "x25519 public key is invalid");
  }
}

/**
 * X25519 (RFC 7748). Refuses an all-zero result, which every low-order public key produces: with one, anybody knows
 * the shared secret without holding a private key.
 *
 * @returns 32 bytes, to be put through a key derivation and then cleared
 * @throws {SealedError} `KEY_INVALID`
 */
export function sharedSecret(privateKey: KeyObject, publicKey: KeyObject): Buffer {
  let secret: Buffer;
  try {
    secret = diffieHellman({ privateKey, publicKey });
  } catch {
    // OpenSSL 3 refuses low-order points itself; the check below does not rely on it.
    throw new SealedError("KEY_INVALID", "x25519 public key is of low order");
  }
  if (secret.every((byte) => byte === 0))
    throw new SealedError("KEY_INVALID", "x25519 public key is of low order");
  return secret;
}
