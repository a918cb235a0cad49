import { type KeyObject, createPrivateKey, createPublicKey } from "node:crypto";
import { CompactSign, type JWK, compactVerify } from "jose";

const HEAD = "bulkhead/audit-head";
const ROOT = "bulkhead/audit-root";

/** What the notary signs of one chain. */
export interface Head {
  readonly workspace_id: string;
  readonly position: number;
  /** hex */
  readonly hash: string;
  readonly sealed_at: string;
}

/** What the notary signs of all chains together. */
export interface Root {
  readonly number: number;
  /** hex */
  readonly root: string;
  readonly leaf_count: number;
  /** hex of the root before; null for the first */
  readonly previous: string | null;
  readonly signed_at: string;
}

export type NotaryKey = { readonly kid: string; readonly key: KeyObject };

/**
 * Reads an Ed25519 key, private or public, from a JWK in JSON.
 *
 * @throws {Error} `NOTARY_KEY_INVALID`
 */
export function readNotaryKey(text: string): NotaryKey {
  try {
    const jwk = JSON.parse(text) as JWK;
    if (jwk.kty !== "OKP" || jwk.crv !== "Ed25519" || !jwk.kid) throw new Error();
    const input = { key: jwk, format: "jwk" } as const;
    return { kid: jwk.kid, key: jwk.d ? createPrivateKey(input) : createPublicKey(input) };
  } catch {
    // Never the cause: it may quote the key.
    throw Object.assign(new Error("the notary's key must be an Ed25519 JWK with a kid"), {
      code: "NOTARY_KEY_INVALID",
    });
  }
}

/**
 * The public half of a notary's key, as a JWK in JSON: what verifies, and may be shown to anybody.
 *
 * @throws {Error} `NOTARY_KEY_INVALID`
 */
export function publicNotaryKey(text: string): string {
  const { kid, key } = readNotaryKey(text);
  return JSON.stringify({
    kid,
    ...(key.type === "private" ? createPublicKey(key) : key).export({ format: "jwk" }),
  });
}

export const signHead = (key: NotaryKey, head: Head): Promise<string> => sign(key, HEAD, head);
export const signRoot = (key: NotaryKey, root: Root): Promise<string> => sign(key, ROOT, root);
export const openHead = (key: NotaryKey, signature: string): Promise<Head | null> =>
  open<Head>(key, HEAD, signature);
export const openRoot = (key: NotaryKey, signature: string): Promise<Root | null> =>
  open<Root>(key, ROOT, signature);

function sign({ kid, key }: NotaryKey, typ: string, payload: object): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({ alg: "EdDSA", kid, typ })
    .sign(key);
}

/** The signed statement, or null. The type is checked, so that a root never passes for a head. */
async function open<T>({ kid, key }: NotaryKey, typ: string, signature: string): Promise<T | null> {
  try {
    const { payload, protectedHeader } = await compactVerify(signature, key, { algorithms: ["EdDSA"] });
    if (protectedHeader.typ !== typ || protectedHeader.kid !== kid) return null;
    return JSON.parse(Buffer.from(payload).toString()) as T;
  } catch {
    return null;
  }
}
