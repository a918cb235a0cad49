const LABEL = "bulkhead/secret";

import { type KeyObject, createCipheriv, createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { type Suite, decodeBase64url, openGcm, parseCompact, sameBinding } from "./compact.ts";
import { SealedError } from "./error.ts";
import type { PrivateKey, PublicKey } from "./keys.ts";
import { publicKeyFrom, sharedSecret } from "./x25519.ts";

const SUITE: Suite = { alg: "ECDH-ES", typ: LABEL, members: ["kid", "epk", "bnd"] };

/** What a secret is for, for example `{ workspace, person }`: names and values that the opener expects, exactly. */
export type SecretBinding = Readonly<Record<string, string>>;

/**
 * Seals a secret to the worker: a compact JWE, `ECDH-ES` on X25519 with `A256GCM` (RFC 7518 section 4.6, RFC 8037),
 * `typ` `bulkhead/secret`, the binding as member `bnd` of the protected header. Browsers may make the same with any
 * JOSE library.
 *
 * Synchronous, because a GraphQL scalar parses synchronously and plaintext must not outlive the parsing.
 *
 * The binding keeps a sealed secret from being moved to another workspace or person. It does not say who sealed it:
 * the key is public, so anybody can seal anything for any binding.
 *
 * @example
 * const jwe = sealSecret(keys.intake[0], { workspace, person }, "xkeysib-…");
 * @throws {SealedError} `KEY_INVALID`, `MALFORMED` (binding)
 */
export function sealSecret(to: PublicKey, binding: SecretBinding, plaintext: Uint8Array | string): string {
  if (Object.values(binding).some((value) => typeof value !== "string" || value === ""))
    throw new SealedError("MALFORMED", "binding values must be non-empty text");
  const ephemeral = generateKeyPairSync("x25519");
  const { x } = ephemeral.publicKey.export({ format: "jwk" });
  const header = {
    alg: SUITE.alg,
    enc: "A256GCM",
    typ: LABEL,
    kid: to.kid,
    epk: { kty: "OKP", crv: "X25519", x },
    bnd: binding,
  };
  const head = Buffer.from(JSON.stringify(header)).toString("base64url");
  const key = contentKey(ephemeral.privateKey, to.publicKey);
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, iv, { authTagLength: 16 });
  cipher.setAAD(Buffer.from(head, "latin1"));
  const ciphertext = cipher.update(typeof plaintext === "string" ? Buffer.from(plaintext) : plaintext);
  cipher.final();
  key.fill(0);
  return [head, "", ...[iv, ciphertext, cipher.getAuthTag()].map((part) => part.toString("base64url"))].join(
    ".",
  );
}

/**
 * Opens a sealed secret with whichever of the worker's intake keys it names.
 *
 * @throws {SealedError} `MALFORMED`, `BINDING_MISMATCH`, `KEY_UNKNOWN`, `OPEN_FAILED`
 */
export function openSecret(keys: readonly PrivateKey[], binding: SecretBinding, jwe: string): Uint8Array {
  const { header, aad, iv, ciphertext, tag } = parseCompact(jwe, SUITE);
  if (!sameBinding(header.bnd, binding)) throw new SealedError("BINDING_MISMATCH");
  const own = keys.find(({ kid }) => kid === header.kid);
  if (!own) throw new SealedError("KEY_UNKNOWN");
  const key = contentKey(own.privateKey, ephemeralKey(header.epk));
  try {
    return openGcm(key, iv, ciphertext, tag, aad);
  } finally {
    key.fill(0);
  }
}

/** Whether a text has the outer shape of a sealed secret. Cheap, and no proof: only the worker can open it. */
export function isSealedSecret(text: string): boolean {
  if (!text.startsWith("eyJ")) return false;
  try {
    parseCompact(text, SUITE);
    return true;
  } catch {
    return false;
  }
}

/**
 * The Concat KDF (NIST SP 800-56A section 5.8.1, as RFC 7518 section 4.6.2 uses it) for one block of SHA-256.
 *
 * @param algorithm `enc` for direct agreement
 * @param bits at most 256
 */
export function concatKdf(
  secret: Uint8Array,
  algorithm: string,
  bits: number,
  apu: Uint8Array = new Uint8Array(),
  apv: Uint8Array = new Uint8Array(),
): Buffer {
  const withLength = (data: Uint8Array) => Buffer.concat([uint32(data.length), data]);
  return createHash("sha256")
    .update(uint32(1))
    .update(secret)
    .update(withLength(Buffer.from(algorithm)))
    .update(withLength(apu))
    .update(withLength(apv))
    .update(uint32(bits))
    .digest()
    .subarray(0, bits / 8);
}

function contentKey(privateKey: KeyObject, publicKey: KeyObject): Buffer {
  const secret = sharedSecret(privateKey, publicKey);
  try {
    return concatKdf(secret, "A256GCM", 256);
  } finally {
    secret.fill(0);
  }
}

function ephemeralKey(epk: unknown): KeyObject {
  const { kty, crv, x, ...others } = (epk ?? {}) as Record<string, unknown>;
  if (kty !== "OKP" || crv !== "X25519" || Object.keys(others).length > 0) throw new SealedError("MALFORMED");
  decodeBase64url(x);
  try {
    return publicKeyFrom(x);
  } catch {
    throw new SealedError("MALFORMED");
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
