const LABEL = "bulkhead/key";

import { type KeyObject, createSecretKey, randomBytes } from "node:crypto";
import { type Suite, parseCompact, sameBinding } from "../../envelope/compact.ts";
import { openGcmkw, sealGcmkw } from "./gcmkw.ts";
import { type Kek, KekError, type KeySubject } from "./kek.ts";

const SUITE: Suite = { alg: "A256GCMKW", typ: LABEL, members: ["kid", "iv", "tag", "wid", "prp", "ver"] };
const VERSION = /^v[1-9][0-9]{0,5}$/;
const KEY = /^[A-Za-z0-9_-]{43}$/;

/** Versions of the key-encryption key, as opaque objects: they print as nothing. */
export type KeyRing = { readonly current: string; readonly keys: ReadonlyMap<string, KeyObject> };

/** A new key ring with one version, as JSON, for development. In production the key belongs into a key service. */
export function generateKeyRing(): string {
  return JSON.stringify({ current: "v1", keys: { v1: randomBytes(32).toString("base64url") } });
}

/**
 * Reads a key ring: `{"current":"v2","keys":{"v1":"<base64url of 32 bytes>","v2":"…"}}`.
 *
 * @throws {KekError} `KEK_CONFIGURATION`, naming the rule and the version, never a value
 */
export function parseKeyRing(text: string): KeyRing {
  let ring: unknown;
  try {
    ring = JSON.parse(text);
  } catch {
    throw refuse("key ring is not json");
  }
  const { current, keys, ...others } = (ring ?? {}) as { current?: unknown; keys?: unknown };
  if (
    typeof current !== "string" ||
    typeof keys !== "object" ||
    keys === null ||
    Object.keys(others).length > 0
  )
    throw refuse('key ring must have exactly "current" and "keys"');
  const parsed = new Map<string, KeyObject>();
  const seen = new Set<unknown>();
  for (const [version, value] of Object.entries(keys)) {
    // The name is checked before it is quoted: a key put where its version belongs must not reach a log.
    if (!VERSION.test(version)) throw refuse("key ring versions must be named v1, v2 and so on");
    const bytes =
      typeof value === "string" && KEY.test(value) ? Buffer.from(value, "base64url") : Buffer.alloc(0);
    if (bytes.length !== 32 || bytes.toString("base64url") !== value)
      throw refuse(`key ring version ${version} is not 32 bytes in base64url`);
    if (bytes.every((byte) => byte === 0)) throw refuse(`key ring version ${version} is all zeros`);
    if (seen.has(value)) throw refuse(`key ring version ${version} repeats another version's key`);
    seen.add(value);
    parsed.set(version, createSecretKey(bytes));
    bytes.fill(0);
  }
  if (!parsed.has(current)) throw refuse("key ring has no key for its current version");
  return { current, keys: parsed };
}

/** A {@link Kek} whose keys are in a key ring: wrapped keys are JWEs that name workspace, purpose and version. */
export function localKek(ring: KeyRing): Kek {
  const current = `local:${ring.current}`;
  return {
    current,
    async wrap(subject, key) {
      if (key.length !== 32) throw new KekError("KEK_REFUSED", "only 32 byte keys are wrapped");
      const header = { typ: LABEL, kid: current, ...headerMembers(subject) };
      return { kek: current, wrapped: await sealGcmkw(ring.keys.get(ring.current)!, header, key) };
    },
    async unwrap(subject, kek, wrapped) {
      const key = kek.startsWith("local:") ? ring.keys.get(kek.slice("local:".length)) : undefined;
      if (!key) throw new KekError("KEK_REFUSED", "key ring does not hold the version that wrapped this key");
      try {
        return openWrapped(key, { kid: kek, ...headerMembers(subject) }, wrapped);
      } catch {
        throw new KekError(
          "KEK_REFUSED",
          "wrapped key does not open for this workspace, purpose and version",
        );
      }
    },
  };
}

function openWrapped(key: KeyObject, expected: Record<string, unknown>, wrapped: string): Uint8Array {
  const sealed = parseCompact(wrapped, SUITE);
  const { alg: _alg, enc: _enc, typ: _typ, iv: _iv, tag: _tag, ...found } = sealed.header;
  const bytes = sameBinding(found, expected) ? openGcmkw(key, sealed) : new Uint8Array();
  if (bytes.length !== 32) throw new KekError("KEK_REFUSED", "wrapped key is not a key");
  return bytes;
}

function headerMembers({ workspaceId, purpose, version }: KeySubject): Record<string, string | number> {
  return { wid: workspaceId, prp: purpose, ver: version };
}

function refuse(reason: string): KekError {
  return new KekError("KEK_CONFIGURATION", reason);
}
