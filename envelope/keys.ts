import {
  type KeyObject,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
} from "node:crypto";
import { decodeBase64url } from "./compact.ts";
import { SealedError } from "./error.ts";
import { publicKeyFrom } from "./x25519.ts";

/** What a key pair is for. One pair never serves both: a key used in two protocols can be played off against itself. */
export type KeyUse = "intake" | "reply";

/** `x` is the public coordinate, base64url. Keys are held as `KeyObject`s: those print as nothing. */
export type PublicKey = { readonly kid: string; readonly x: string; readonly publicKey: KeyObject };
export type PrivateKey = { readonly kid: string; readonly x: string; readonly privateKey: KeyObject };

/** `intake[0]` is current: new secrets are sealed to it, the others only still open. */
export type WorkerKeys = { readonly intake: readonly PrivateKey[]; readonly reply: PrivateKey };
export type PublicKeys = { readonly intake: readonly PublicKey[]; readonly reply: PublicKey };

const PUBLIC_MEMBERS = ["kid", "use", "kty", "crv", "x"];
const PRIVATE_MEMBERS = [...PUBLIC_MEMBERS, "d"];
const KID = /^[A-Za-z0-9_-]{1,64}$/;

type Jwk = Record<"kid" | "use" | "kty" | "crv" | "x", string> & { d?: string };

/**
 * Makes a worker's key pairs, one for each use, as two JWK Sets (RFC 7517) in JSON.
 *
 * `private` is configuration of the worker alone; `public` of the API. To rotate the intake key, put a new one in
 * front of both sets and keep the old ones in the worker's until nothing sealed to them is left.
 */
export function generateWorkerKeys(): { private: string; public: string } {
  const pairs = (["intake", "reply"] as const).map((use) => generateJwk(use));
  const bare = pairs.map(({ kid, use, kty, crv, x }) => ({ kid, use, kty, crv, x }));
  return { private: JSON.stringify({ keys: pairs }), public: JSON.stringify({ keys: bare }) };
}

/**
 * Makes the key pair of one API process, for the answers to its calls. It lives and dies with the process; only
 * `kid` and `x` are registered.
 */
export function generateCallerKey(): PrivateKey {
  return privateKeyFrom(generateJwk("reply"));
}

/**
 * Reads and checks the worker's private JWK Set.
 *
 * @throws {SealedError} `KEY_INVALID`, naming the rule and never a value
 */
export function parseWorkerKeys(text: string): WorkerKeys {
  const keys = parseSet(text, PRIVATE_MEMBERS, "worker key set").map((jwk) => ({
    use: jwk.use,
    key: privateKeyFrom(jwk),
  }));
  return byUse(keys, "worker key set");
}

/**
 * Reads and checks the public JWK Set, the only form in which the API process knows the worker's keys. A set with any
 * member beyond the five public ones is refused: the API must not start with a private key in its environment.
 *
 * @throws {SealedError} `KEY_INVALID`, naming the rule and never a value
 */
export function parsePublicKeys(text: string): PublicKeys {
  const keys = parseSet(text, PUBLIC_MEMBERS, "public key set").map((jwk) => ({
    use: jwk.use,
    key: { kid: jwk.kid, x: jwk.x, publicKey: publicKeyFrom(jwk.x) },
  }));
  return byUse(keys, "public key set");
}

function generateJwk(use: KeyUse): Jwk {
  const { x, d } = generateKeyPairSync("x25519").privateKey.export({ format: "jwk" }) as {
    x: string;
    d: string;
  };
  // RFC 7638: the thumbprint is over exactly these members in this order.
  const thumbprint = createHash("sha256")
    .update(JSON.stringify({ crv: "X25519", kty: "OKP", x }))
    .digest("base64url");
  return { kid: `${use}-${thumbprint.slice(0, 22)}`, use, kty: "OKP", crv: "X25519", x, d };
}

function privateKeyFrom(jwk: Jwk): PrivateKey {
  let privateKey: KeyObject;
  let x: string | undefined;
  try {
    if (decodeBase64url(jwk.d).length !== 32) throw new SealedError("KEY_INVALID");
    privateKey = createPrivateKey({ key: { kty: "OKP", crv: "X25519", x: jwk.x, d: jwk.d! }, format: "jwk" });
    x = createPublicKey(privateKey).export({ format: "jwk" }).x;
  } catch {
    throw new SealedError("KEY_INVALID", "worker key set holds an invalid private key");
  }
  if (x !== jwk.x)
    throw new SealedError("KEY_INVALID", "worker key set holds a key whose halves do not match");
  return { kid: jwk.kid, x: jwk.x, privateKey };
}

function parseSet(text: string, members: readonly string[], what: string): Jwk[] {
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch {
    throw new SealedError("KEY_INVALID", `${what} is not json`);
  }
  const keys = (set as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys)) throw new SealedError("KEY_INVALID", `${what} has no list of keys`);
  const seen = new Set<string>();
  for (const jwk of keys as Partial<Jwk>[]) {
    if (typeof jwk !== "object" || jwk === null)
      throw new SealedError("KEY_INVALID", `${what} holds a non-object`);
    const names = Object.keys(jwk);
    if (names.some((name) => !members.includes(name)))
      throw new SealedError(
        "KEY_INVALID",
        members === PUBLIC_MEMBERS
          ? `${what} holds members that are not public: only the worker may hold private keys`
          : `${what} holds unknown members`,
      );
    if (names.length !== members.length || names.some((name) => typeof jwk[name as keyof Jwk] !== "string"))
      throw new SealedError("KEY_INVALID", `${what} holds an incomplete key`);
    if (jwk.kty !== "OKP" || jwk.crv !== "X25519" || !KID.test(jwk.kid!))
      throw new SealedError("KEY_INVALID", `${what} holds a key that is not x25519 or has no usable kid`);
    if (jwk.use !== "intake" && jwk.use !== "reply")
      throw new SealedError("KEY_INVALID", `${what} holds a key for neither intake nor reply`);
    if (seen.has(jwk.kid!) || seen.has(jwk.x!))
      throw new SealedError("KEY_INVALID", `${what} holds a key twice`);
    seen.add(jwk.kid!).add(jwk.x!);
  }
  return keys as Jwk[];
}

function byUse<K>(keys: { use: string; key: K }[], what: string): { intake: K[]; reply: K } {
  const intake = keys.filter(({ use }) => use === "intake").map(({ key }) => key);
  const [reply, ...more] = keys.filter(({ use }) => use === "reply").map(({ key }) => key);
  if (intake.length === 0) throw new SealedError("KEY_INVALID", `${what} has no intake key`);
  if (!reply || more.length > 0) throw new SealedError("KEY_INVALID", `${what} must have one reply key`);
  return { intake, reply };
}
