import { createDecipheriv, createSecretKey, randomBytes } from "node:crypto";
import { CompactEncrypt, compactDecrypt, generateKeyPair } from "jose";
import { describe, expect, test } from "vitest";
import { type Binding, type WorkspaceKey, openContent, sealContent } from "../../worker/crypto/content.ts";
import { everythingIn, flippedBits, headerOf, rewrite, spellings, thrownBy } from "./support.ts";

const W = "019a0000-0000-7000-8000-000000000001";
const OTHER = "019a0000-0000-7000-8000-000000000002";
const TEXT = "canary-plaintext: grüße, Ελλάδα 🚢";
const key: WorkspaceKey = { kid: `${W}/content/1`, key: randomBytes(32) };
const newer: WorkspaceKey = { kid: `${W}/content/2`, key: randomBytes(32) };
const foreign: WorkspaceKey = { kid: `${OTHER}/content/1`, key: randomBytes(32) };
const keys = (kid: string) => [key, newer, foreign].find((each) => each.kid === kid);
const raw = key.key as Uint8Array;

const binding: Binding = { workspaceId: W, kind: "mail.body", id: "row-1" };
const full: Binding = { ...binding, provider: "gmail", personId: "person-1", version: 3 };
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const refusal = async (jwe: string, where: Binding = binding, lookup = keys) =>
  (await thrownBy(() => openContent(lookup, where, jwe))).code;

/** Our format made by hand, to try headers that sealContent would never write. */
const handmade = (header: Record<string, unknown>, secret: Uint8Array | CryptoKey = raw) =>
  new CompactEncrypt(Buffer.from(TEXT))
    .setProtectedHeader(header as { alg: string; enc: string })
    .encrypt(secret);
const good = {
  alg: "A256GCMKW",
  enc: "A256GCM",
  typ: "bulkhead/content",
  kid: key.kid,
  wid: W,
  knd: "mail.body",
  rid: "row-1",
};

describe("sealing and opening content", () => {
  test("gives back text, bytes and nothing at all", async () => {
    for (const plaintext of [TEXT, "", randomBytes(300_000)]) {
      const opened = await openContent(keys, full, await sealContent(key, full, plaintext));
      expect(Buffer.from(opened).equals(Buffer.from(plaintext))).toBe(true);
    }
  });

  test("draws a fresh content key and fresh IVs each time", async () => {
    const sealed = await Promise.all(Array.from({ length: 50 }, () => sealContent(key, binding, TEXT)));
    for (const part of [1, 2, 3, 4]) expect(new Set(sealed.map((jwe) => jwe.split(".")[part])).size).toBe(50);
    expect(new Set(sealed.map((jwe) => headerOf(jwe).iv)).size).toBe(50);
  });

  test("takes an opaque key object as well as bytes", async () => {
    const opaque = { kid: key.kid, key: createSecretKey(raw) };
    expect(text(await openContent(() => opaque, binding, await sealContent(key, binding, TEXT)))).toBe(TEXT);
    expect(text(await openContent(keys, binding, await sealContent(opaque, binding, TEXT)))).toBe(TEXT);
  });

  test("still opens what an older key version sealed", async () => {
    const old = await sealContent(key, binding, "old");
    const now = await sealContent(newer, binding, "new");
    expect(text(await openContent(keys, binding, old))).toBe("old");
    expect(text(await openContent(keys, binding, now))).toBe("new");
  });

  test("is a standard JWE that jose opens", async () => {
    const { plaintext, protectedHeader } = await compactDecrypt(await sealContent(key, full, TEXT), raw);
    expect(text(plaintext)).toBe(TEXT);
    expect(protectedHeader).toMatchObject({
      wid: W,
      knd: "mail.body",
      rid: "row-1",
      prv: "gmail",
      pid: "person-1",
      ver: 3,
    });
  });

  test("is decrypted by AES-GCM alone, step by step after RFC 7516", async () => {
    const [head, encryptedKey, iv, ciphertext, tag] = (await sealContent(key, full, TEXT)).split(".");
    const bytes = (part: unknown) => Buffer.from(part as string, "base64url");
    const header = JSON.parse(bytes(head).toString());
    const gcm = (secret: Uint8Array, nonce: Buffer, mac: Buffer, data: Buffer, aad: string) => {
      const decipher = createDecipheriv("aes-256-gcm", secret, nonce, { authTagLength: 16 });
      decipher.setAuthTag(mac).setAAD(Buffer.from(aad, "ascii"));
      return Buffer.concat([decipher.update(data), decipher.final()]);
    };
    const contentKey = gcm(raw, bytes(header.iv), bytes(header.tag), bytes(encryptedKey), "");
    expect(gcm(contentKey, bytes(iv), bytes(tag), bytes(ciphertext), head!).toString()).toBe(TEXT);
  });

  test("opens a known answer that was made once and written down", async () => {
    const known: WorkspaceKey = {
      kid: "w1/content/1",
      key: Uint8Array.from({ length: 32 }, (_, index) => index),
    };
    const jwe =
      "eyJhbGciOiJBMjU2R0NNS1ciLCJlbmMiOiJBMjU2R0NNIiwidHlwIjoiYnVsa2hlYWQvY29udGVudCIsImtpZCI6IncxL2NvbnRlbnQvMSIsIndpZCI6IncxIiwia25kIjoibWFpbC5zdWJqZWN0IiwicmlkIjoibTEiLCJ2ZXIiOjcsIml2IjoiYmZpVnBqOE1Gak85MndWbCIsInRhZyI6IkhJYk9lSURzZXVVVk5HWXRrcU1SeHcifQ.gTijl1zp2MPqGxGheVmFMlkSWMsaEJD6wrct2YbVMpo.j4AijN2k4J9K066I.fyJNRNBHY6LXXBPYXVcDhX2SPA.ubMY_XRTZnPWoo1NhdCHyA";
    const opened = await openContent(
      () => known,
      { workspaceId: "w1", kind: "mail.subject", id: "m1", version: 7 },
      jwe,
    );
    expect(text(opened)).toBe("the quick brown fox");
  });
});

describe("a ciphertext in the wrong place", () => {
  const elsewhere: [string, Binding][] = [
    ["row", { ...full, id: "row-2" }],
    ["kind", { ...full, kind: "mail.subject" }],
    ["version", { ...full, version: 4 }],
    ["person", { ...full, personId: "person-2" }],
    ["provider", { ...full, provider: "imap" }],
    ["person expected to be absent", { ...full, personId: undefined }],
    ["provider expected to be absent", { ...full, provider: undefined }],
    ["version expected to be absent", { ...full, version: undefined }],
  ];

  test.each(elsewhere)("does not open for another %s", async (_, where) => {
    const jwe = await sealContent(key, full, TEXT);
    expect(text(await openContent(keys, full, jwe))).toBe(TEXT);
    expect(await refusal(jwe, where)).toBe("BINDING_MISMATCH");
  });

  test("does not open for another workspace, even when it holds the key", async () => {
    const jwe = await sealContent(key, full, TEXT);
    expect(await refusal(jwe, { ...full, workspaceId: OTHER }, () => key)).toBe("BINDING_MISMATCH");
  });

  test("does not open with a binding member that it was sealed without", async () => {
    const jwe = await sealContent(key, binding, TEXT);
    for (const extra of [{ provider: "gmail" }, { personId: "p" }, { version: 0 }])
      expect(await refusal(jwe, { ...binding, ...extra })).toBe("BINDING_MISMATCH");
  });

  test("does not open when the row's own workspace is named but another workspace's key sealed it", async () => {
    const jwe = await handmade({ ...good, kid: foreign.kid }, foreign.key as Uint8Array);
    expect(await refusal(jwe)).toBe("BINDING_MISMATCH");
  });

  test("does not open after its header was rewritten to fit", async () => {
    const jwe = rewrite(await sealContent(key, binding, TEXT), (_, header) => (header.rid = "row-2"));
    expect(await refusal(jwe, { ...binding, id: "row-2" })).toBe("OPEN_FAILED");
  });

  test("is not sealed under another workspace's key, a malformed key id or an empty binding", async () => {
    const refused = async (by: WorkspaceKey, where: Binding) =>
      (await thrownBy(() => sealContent(by, where, TEXT))).code;
    expect(await refused(foreign, binding)).toBe("BINDING_MISMATCH");
    expect(await refused({ ...key, kid: W }, binding)).toBe("MALFORMED");
    expect(await refused(key, { ...binding, id: "" })).toBe("MALFORMED");
    expect(await refused(key, { ...binding, version: Number.NaN })).toBe("MALFORMED");
  });

  test("is not sealed under a key of the wrong length or one that was cleared", async () => {
    for (const bytes of [randomBytes(16), new Uint8Array(32)])
      expect((await thrownBy(() => sealContent({ ...key, key: bytes }, binding, TEXT))).code).toBe(
        "KEY_INVALID",
      );
  });
});

describe("a changed ciphertext", () => {
  test.each(
    ["header", "encrypted key", "IV", "ciphertext", "tag"].map((name, part) => [name, part] as const),
  )("does not open with any one bit of its %s flipped", async (_, part) => {
    const jwe = await sealContent(key, binding, "short");
    let tried = 0;
    for (const flipped of flippedBits(jwe.split(".")[part]!)) {
      const code = await refusal(rewrite(jwe, (parts) => (parts[part] = flipped)));
      expect(["OPEN_FAILED", "MALFORMED", "BINDING_MISMATCH", "KEY_UNKNOWN"]).toContain(code);
      tried += 1;
    }
    expect(tried).toBeGreaterThanOrEqual(40);
  });

  test("does not open with the wrapped key's IV or tag changed in the header", async () => {
    const jwe = await sealContent(key, binding, TEXT);
    for (const member of ["iv", "tag"]) {
      const changed = rewrite(jwe, (_, header) => {
        header[member] = [...flippedBits(header[member] as string)][5];
      });
      expect(await refusal(changed)).toBe("OPEN_FAILED");
    }
  });

  test("does not open with the wrapped key's IV or tag cut short in the header", async () => {
    const jwe = await sealContent(key, binding, TEXT);
    for (const member of ["iv", "tag"])
      for (const bytes of [0, 4, 8]) {
        const cut = rewrite(jwe, (_, header) => {
          const whole = Buffer.from(header[member] as string, "base64url");
          header[member] = whole.subarray(0, bytes).toString("base64url");
        });
        expect(await refusal(cut)).toBe("MALFORMED");
      }
  });

  test("does not open in a second spelling of the same bytes", async () => {
    const jwe = await sealContent(key, binding, "12345");
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (const part of [1, 3, 4]) {
      const spare = (text: string) => text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1)!) ^ 1];
      expect(await refusal(rewrite(jwe, (parts) => (parts[part] = spare(parts[part]!))))).toBe("MALFORMED");
    }
    for (const suffix of ["=", " ", "\n", "!"]) expect(await refusal(jwe + suffix)).toBe("MALFORMED");
  });

  test("does not open truncated, extended or with a shortened tag", async () => {
    const jwe = await sealContent(key, binding, TEXT);
    for (let length = 0; length < jwe.length; length += 7)
      expect(await refusal(jwe.slice(0, length))).toBe("MALFORMED");
    expect(await refusal(`${jwe}.`)).toBe("MALFORMED");
    expect(await refusal(`${jwe}.AAAA`)).toBe("MALFORMED");
    const short = (bytes: number) =>
      rewrite(jwe, (parts) => {
        parts[4] = Buffer.from(parts[4]!, "base64url").subarray(0, bytes).toString("base64url");
      });
    for (const bytes of [0, 4, 8, 12, 15]) expect(await refusal(short(bytes))).toBe("MALFORMED");
  });

  test("does not open under another key of the same name", async () => {
    const jwe = await sealContent(key, binding, TEXT);
    expect(await refusal(jwe, binding, () => ({ kid: key.kid, key: randomBytes(32) }))).toBe("OPEN_FAILED");
    expect(await refusal(jwe, binding, () => undefined)).toBe("KEY_UNKNOWN");
    expect(await refusal(jwe, binding, () => newer)).toBe("KEY_UNKNOWN");
  });
});

describe("a header of another kind", () => {
  test("is refused with another algorithm, even under the right key", async () => {
    expect(text(await openContent(keys, binding, await handmade(good)))).toBe(TEXT);
    const rsa = await generateKeyPair("RSA-OAEP-256");
    const made = [
      await handmade({ ...good, alg: "dir" }),
      await handmade({ ...good, alg: "A256KW" }),
      await handmade({ ...good, alg: "RSA-OAEP-256" }, rsa.publicKey),
      await handmade({ ...good, enc: "A128GCM" }),
      await handmade({ ...good, enc: "A256CBC-HS512" }),
    ];
    for (const jwe of made) expect(await refusal(jwe)).toBe("MALFORMED");
  });

  test("is refused with algorithm none, in any case and any type", async () => {
    const jwe = await handmade(good);
    for (const alg of ["none", "None", "", "a256gcmkw", null, ["A256GCMKW"], undefined])
      expect(await refusal(rewrite(jwe, (_, header) => (header.alg = alg)))).toBe("MALFORMED");
  });

  test("is refused with zip, crit or any member it does not know, though authentic", async () => {
    expect(await refusal(await handmade({ ...good, zip: "DEF" }))).toBe("MALFORMED");
    for (const extra of [
      { jku: "https://example.org" },
      { jwk: {} },
      { x5u: "x" },
      { cty: "JWE" },
      { epk: {} },
    ])
      expect(await refusal(await handmade({ ...good, ...extra }))).toBe("MALFORMED");
    const crit = rewrite(await handmade(good), (_, header) => (header.crit = ["exp"]));
    expect(await refusal(crit)).toBe("MALFORMED");
    const proto = Buffer.from(`{"__proto__":{"a":1},${JSON.stringify(good).slice(1)}`).toString("base64url");
    expect(await refusal(rewrite(crit, (parts) => (parts[0] = proto)))).toBe("MALFORMED");
  });

  test("is refused without its type, or with another one", async () => {
    const { typ: _, ...untyped } = good;
    expect(await refusal(await handmade(untyped))).toBe("MALFORMED");
    expect(await refusal(await handmade({ ...good, typ: "bulkhead/key" }))).toBe("MALFORMED");
  });

  test("is refused with a key id that is not one", async () => {
    for (const kid of [W, `${W}/content/0`, `${W}/content/01`, `${W}/content/1/x`, `${W}/../1`, 7])
      expect(await refusal(await handmade({ ...good, kid }), binding, () => key)).toBe("MALFORMED");
  });

  test("is refused when the values have another type", async () => {
    expect(await refusal(await handmade({ ...good, ver: "3" }), { ...binding, version: 3 })).toBe(
      "BINDING_MISMATCH",
    );
    for (const head of ["null", "[]", "7", '"x"', "{", "\ud800"])
      expect(await refusal(`${Buffer.from(head).toString("base64url")}.AAAA.AAAA.AAAA.AAAA`)).toBe(
        "MALFORMED",
      );
  });
});

describe("an error", () => {
  test("contains neither plaintext nor key nor ciphertext, in any form a logger could write", async () => {
    const jwe = await sealContent(key, full, TEXT);
    const tampered = rewrite(jwe, (parts) => (parts[3] = [...flippedBits(parts[3]!)][0]!));
    const errors = [
      await thrownBy(() => openContent(keys, full, tampered)),
      await thrownBy(() => openContent(keys, { ...full, id: "x" }, jwe)),
      await thrownBy(() => openContent(() => undefined, full, jwe)),
      await thrownBy(() => openContent(keys, full, `${jwe}!`)),
      await thrownBy(() => openContent(keys, full, TEXT)),
      await thrownBy(() => sealContent({ ...key, key: raw.subarray(1) }, full, TEXT)),
      await thrownBy(() => sealContent(foreign, full, TEXT)),
    ];
    for (const error of errors) {
      const written = everythingIn(error);
      expect(error.name).toBe("SealedError");
      for (const secret of ["canary-plaintext", ...spellings(raw), ...jwe.split(".")])
        expect(written).not.toContain(secret);
      for (const part of tampered.split(".").slice(1)) expect(written).not.toContain(part);
    }
  });

  test("of the key look-up reaches the caller as it is", async () => {
    const failing = () => Promise.reject(new RangeError("key service down"));
    const error = await thrownBy(async () =>
      openContent(failing, binding, await sealContent(key, binding, TEXT)),
    );
    expect(error).toBeInstanceOf(RangeError);
  });
});
