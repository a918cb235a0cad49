import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { sealContent } from "../../worker/crypto/content.ts";
import { kekFromEnvironment } from "../../worker/crypto/kek_from_environment.ts";
import { generateKeyRing, localKek, parseKeyRing } from "../../worker/crypto/kek_local.ts";
import { everythingIn, flippedBits, rewrite, spellings, thrownBy } from "./support.ts";

const [one, two] = [randomBytes(32), randomBytes(32)];
const [v1, v2] = [one.toString("base64url"), two.toString("base64url")];
const ring = (current: string, keys: Record<string, unknown>) => JSON.stringify({ current, keys });
const kek = localKek(parseKeyRing(ring("v2", { v1, v2 })));
const subject = { workspaceId: "w1", purpose: "content", version: 1 };
const key = new Uint8Array(randomBytes(32));

describe("the local key-encryption key", () => {
  test("wraps and unwraps under its current version", async () => {
    const wrapped = await kek.wrap(subject, key);
    expect(wrapped.kek).toBe("local:v2");
    expect(kek.current).toBe("local:v2");
    expect(Buffer.from(await kek.unwrap(subject, wrapped.kek, wrapped.wrapped)).equals(key)).toBe(true);
  });

  test("still unwraps what an older version wrapped, until that is taken out", async () => {
    const old = await localKek(parseKeyRing(ring("v1", { v1 }))).wrap(subject, key);
    expect(Buffer.from(await kek.unwrap(subject, old.kek, old.wrapped)).equals(key)).toBe(true);
    const without = localKek(parseKeyRing(ring("v2", { v2 })));
    expect((await thrownBy(() => without.unwrap(subject, old.kek, old.wrapped))).code).toBe("KEK_REFUSED");
  });

  test("refuses a wrapped key that was moved to another workspace, purpose or version", async () => {
    const { kek: name, wrapped } = await kek.wrap(subject, key);
    for (const other of [{ workspaceId: "w2" }, { purpose: "index" }, { version: 2 }]) {
      const where = { ...subject, ...other };
      expect((await thrownBy(() => kek.unwrap(where, name, wrapped))).code).toBe("KEK_REFUSED");
      const moved = rewrite(wrapped, (_, header) =>
        Object.assign(header, { wid: where.workspaceId, prp: where.purpose, ver: where.version }),
      );
      expect((await thrownBy(() => kek.unwrap(where, name, moved))).code).toBe("KEK_REFUSED");
    }
  });

  test("refuses a wrapped key under another name than its own, or of another kind", async () => {
    const { wrapped } = await kek.wrap(subject, key);
    for (const name of ["local:v1", "local:v3", "v2", "kms:v2", "local:", "local:__proto__"])
      expect((await thrownBy(() => kek.unwrap(subject, name, wrapped))).code).toBe("KEK_REFUSED");
    const content = await sealContent(
      { kid: "w1/content/1", key: two },
      { workspaceId: "w1", kind: "k", id: "i" },
      key,
    );
    expect((await thrownBy(() => kek.unwrap(subject, "local:v2", content))).code).toBe("KEK_REFUSED");
  });

  test.each([0, 1, 2, 3, 4])("refuses a wrapped key with any one bit of part %i flipped", async (part) => {
    const { kek: name, wrapped } = await kek.wrap(subject, key);
    for (const flipped of flippedBits(wrapped.split(".")[part]!)) {
      const changed = rewrite(wrapped, (parts) => (parts[part] = flipped));
      expect((await thrownBy(() => kek.unwrap(subject, name, changed))).code).toBe("KEK_REFUSED");
    }
  });

  test("wraps whole keys only", async () => {
    expect((await thrownBy(() => kek.wrap(subject, key.subarray(1)))).code).toBe("KEK_REFUSED");
  });

  test("leaves no key in an error, and prints as nothing", async () => {
    const { kek: name, wrapped } = await kek.wrap(subject, key);
    const error = await thrownBy(() => kek.unwrap({ ...subject, version: 9 }, name, wrapped));
    const written =
      everythingIn(error) + inspect(kek, { depth: 10 }) + inspect(parseKeyRing(ring("v1", { v1 })));
    for (const secret of [...spellings(key), ...spellings(one), ...spellings(two)])
      expect(written).not.toContain(secret);
  });
});

describe("a key ring", () => {
  test("that was generated is read", () => {
    expect(parseKeyRing(generateKeyRing()).current).toBe("v1");
    expect(generateKeyRing()).not.toBe(generateKeyRing());
  });

  test.each<[string, string, RegExp]>([
    ["is not JSON", `{"current":"v1","keys":{"v1":"${v1}"}`, /not json/],
    ["is null", "null", /exactly/],
    ["has no current version", JSON.stringify({ keys: { v1 } }), /exactly/],
    ["has something more", JSON.stringify({ current: "v1", keys: { v1 }, other: v2 }), /exactly/],
    ["lacks its current version", ring("v3", { v1, v2 }), /current version/],
    ["has no keys", ring("v1", {}), /current version/],
    ["has a short key", ring("v1", { v1: v1.slice(2) }), /version v1 is not 32 bytes/],
    ["has a key in hexadecimal", ring("v1", { v1: one.toString("hex") }), /version v1 is not 32 bytes/],
    ["has a key in padded base64", ring("v1", { v1: `${v1}=` }), /version v1 is not 32 bytes/],
    ["has a key that is no text", ring("v1", { v1: 7 }), /version v1 is not 32 bytes/],
    ["has an all-zero key", ring("v1", { v1: Buffer.alloc(32).toString("base64url") }), /all zeros/],
    ["has one key twice", ring("v1", { v1, v2: v1 }), /repeats/],
    ["has a key where its version belongs", ring(v1, { [v1]: "v1" }), /named v1, v2/],
  ])("is refused when it %s, without quoting a key", async (_, text, reason) => {
    const error = await thrownBy(() => parseKeyRing(text));
    expect(error.code).toBe("KEK_CONFIGURATION");
    expect(error.message).toMatch(reason);
    for (const secret of [v1, v2, v1.slice(2), one.toString("hex")])
      expect(everythingIn(error)).not.toContain(secret);
  });
});

describe("choosing the key-encryption key from the environment", () => {
  const arn = "arn:aws:kms:eu-central-1:000000000000:key/00000000-0000-4000-8000-000000000000";

  test("takes the local one or KMS", () => {
    expect(kekFromEnvironment({ KEK_PROVIDER: "local", KEK_KEYRING: generateKeyRing() }).current).toBe(
      "local:v1",
    );
    const kms = { KEK_PROVIDER: "kms", KMS_KEY_ID: arn, KMS_REGION: "eu-central-1" };
    expect(kekFromEnvironment(kms).current).toBe(`kms:${arn}`);
  });

  test.each<[Record<string, string>, RegExp]>([
    [{}, /KEK_PROVIDER/],
    [{ KEK_PROVIDER: "vault" }, /KEK_PROVIDER must be local or kms/],
    [{ KEK_PROVIDER: "local" }, /missing setting: KEK_KEYRING/],
    [{ KEK_PROVIDER: "local", KEK_KEYRING: v1 }, /KEK_KEYRING: key ring is not json/],
    [{ KEK_PROVIDER: "kms" }, /missing setting: KMS_KEY_ID, KMS_REGION/],
    [{ KEK_PROVIDER: "kms", KMS_KEY_ID: arn }, /missing setting: KMS_REGION/],
    [{ KEK_PROVIDER: "kms", KMS_KEY_ID: "alias/x", KMS_REGION: "r" }, /KMS_KEY_ID.*arn/],
    [
      { KEK_PROVIDER: "kms", KMS_KEY_ID: arn, KMS_REGION: "r", KMS_PREVIOUS_KEY_IDS: "x" },
      /KMS_PREVIOUS_KEY_IDS/,
    ],
    [
      { KEK_PROVIDER: "kms", KMS_KEY_ID: arn, KMS_REGION: "r", KMS_ENDPOINT: "http://kms.example" },
      /KMS_ENDPOINT/,
    ],
    [{ KEK_PROVIDER: "kms", KMS_KEY_ID: arn, KMS_REGION: "r", KMS_ENDPOINT: "x" }, /KMS_ENDPOINT/],
  ])("names what is missing or wrong in %j, and quotes no key", async (env, reason) => {
    const error = await thrownBy(() => kekFromEnvironment(env));
    expect(error.code).toBe("KEK_CONFIGURATION");
    expect(error.message).toMatch(reason);
    expect(everythingIn(error)).not.toContain(v1);
  });
});
