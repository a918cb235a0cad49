const LABEL = "bulkhead/reply/v1";

import { type KeyObject, createCipheriv, createSecretKey, hkdfSync, randomBytes } from "node:crypto";
import { type Suite, decodeBase64url, openGcm, parseCompact } from "./compact.ts";
import { SealedError } from "./error.ts";
import type { PrivateKey } from "./keys.ts";
import { publicKeyFrom, sharedSecret } from "./x25519.ts";

const SUITE: Suite = { alg: "dir", typ: "bulkhead/reply", members: ["caller", "call"] };

/** The key that one API process and the worker agreed on, opaque so that it prints as nothing. */
export type ReplyKey = KeyObject;

/** Which answer this is: to which API process (`caller`) and to which of its calls (`call`). */
export type ReplyAddress = { readonly caller: string; readonly call: string };

/**
 * Agrees on the key for the answers from the worker to one API process: X25519 between the worker's static reply key
 * and the caller's ephemeral key, then HKDF-SHA256 (RFC 5869) over label, context and both public keys. Both sides call
 * it with their own private key and the other's public one and get the same key.
 *
 * Why an answer that opens is the worker's: the key follows only from the caller's private key, which never leaves
 * that API process, or from the worker's, whose public half the API has pinned in its configuration. Whoever can write
 * to the queue, to a table or to a NOTIFY channel holds neither, so can neither read an answer nor forge one. Another
 * API process cannot either: it has agreed on another key. Both public keys are in the derivation, so a key cannot be
 * made to mean a different pair.
 *
 * What it does not do: tell the worker who the caller is. The worker answers the key that the database registered for
 * the caller, so registering one is the database's to guard.
 *
 * GCM's random 96-bit IVs allow 2^32 answers under one key: 49 days at 1,000 a second. A caller makes a new key at
 * each start and should make one daily.
 *
 * @param otherPublic JWK `x` of the other side: the pinned reply key, or the caller's registered key
 * @param context what both sides know about this use, for example the caller's id
 * @throws {SealedError} `KEY_INVALID`: not a key, a low-order point, or one's own key sent back
 */
export function agree(own: PrivateKey, otherPublic: string, context: string): ReplyKey {
  const publicKey = publicKeyFrom(otherPublic);
  if (otherPublic === own.x) throw new SealedError("KEY_INVALID", "cannot agree on a key with oneself");
  const secret = sharedSecret(own.privateKey, publicKey);
  // Sorted, so that both sides write the pair in the same order without having to know who is who.
  const pair = [own.x, otherPublic].map(decodeBase64url).sort(Buffer.compare);
  const info = Buffer.concat([Buffer.from(`${LABEL}\0`), ...pair, Buffer.from(context)]);
  const derived = Buffer.from(hkdfSync("sha256", secret, Buffer.alloc(0), info, 32));
  const key = createSecretKey(derived);
  secret.fill(0);
  derived.fill(0);
  return key;
}

/**
 * Seals an answer: a compact JWE, `dir` and `A256GCM`, with caller and call in the protected header.
 *
 * On node:crypto: jose 6.2 needs 1 ms for 75 kB on Node 24, almost all of it base64.
 *
 * @throws {SealedError} `MALFORMED` (address), `KEY_INVALID`
 */
export function sealReply(key: ReplyKey, address: ReplyAddress, bytes: Uint8Array | string): string {
  const { caller, call } = address;
  if (!caller || !call) throw new SealedError("MALFORMED", "a reply needs its caller and its call");
  if (key.type !== "secret" || key.symmetricKeySize !== 32) throw new SealedError("KEY_INVALID");
  const header = { alg: SUITE.alg, enc: "A256GCM", typ: SUITE.typ, caller, call };
  const head = Buffer.from(JSON.stringify(header)).toString("base64url");
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, iv, { authTagLength: 16 });
  cipher.setAAD(Buffer.from(head, "latin1"));
  const ciphertext = cipher.update(typeof bytes === "string" ? Buffer.from(bytes) : bytes);
  cipher.final();
  return [head, "", ...[iv, ciphertext, cipher.getAuthTag()].map((part) => part.toString("base64url"))].join(
    ".",
  );
}

/**
 * Opens an answer and checks that it is to this call of this caller: an answer to another call, played back, would put
 * one person's mail on another's screen.
 *
 * @throws {SealedError} `MALFORMED`, `BINDING_MISMATCH`, `OPEN_FAILED`
 */
export function openReply(key: ReplyKey, address: ReplyAddress, jwe: string): Uint8Array {
  const { header, aad, iv, ciphertext, tag } = parseCompact(jwe, SUITE);
  if (header.caller !== address.caller || header.call !== address.call)
    throw new SealedError("BINDING_MISMATCH");
  return openGcm(key, iv, ciphertext, tag, aad);
}
