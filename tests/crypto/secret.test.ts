import { CompactEncrypt, compactDecrypt, importJWK } from "jose";
import { describe, expect, test } from "vitest";
import { generateWorkerKeys, parsePublicKeys, parseWorkerKeys } from "../../envelope/keys.ts";
import { concatKdf, isSealedSecret, openSecret, sealSecret } from "../../envelope/secret.ts";
import { everythingIn, flippedBits, headerOf, rewrite, thrownBy } from "./support.ts";

const pair = generateWorkerKeys();
const [worker, known] = [parseWorkerKeys(pair.private), parsePublicKeys(pair.public)];
const jwk = JSON.parse(pair.private).keys[0] as Record<string, string>;
const intake = known.intake[0]!;
const binding = { workspace: "w1", person: "p1" };
const SECRET = "canary-secret-xkeysib-1234";
const refusal = async (jwe: string, where: Record<string, string> = binding) =>
  (await thrownBy(() => openSecret(worker.intake, where, jwe))).code;
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

/** As a browser would seal it with a JOSE library. */
async function sealedByJose(header: Record<string, unknown> = {}): Promise<string> {
  const { kty, crv, x } = jwk;
  const all = {
    alg: "ECDH-ES",
    enc: "A256GCM",
    typ: "bulkhead/secret",
    kid: jwk.kid,
    bnd: binding,
    ...header,
  };
  return new CompactEncrypt(Buffer.from(SECRET))
    .setProtectedHeader(all as { alg: string; enc: string })
    .encrypt((await importJWK({ kty, crv, x }, "ECDH-ES")) as CryptoKey);
}

describe("a sealed secret", () => {
  test("opens for the worker", () => {
    expect(text(openSecret(worker.intake, binding, sealSecret(intake, binding, SECRET)))).toBe(SECRET);
    expect(openSecret(worker.intake, {}, sealSecret(intake, {}, "")).length).toBe(0);
  });

  test("never comes out the same twice", () => {
    const sealed = Array.from({ length: 30 }, () => sealSecret(intake, binding, SECRET));
    for (const part of [0, 2, 3, 4]) expect(new Set(sealed.map((jwe) => jwe.split(".")[part])).size).toBe(30);
  });

  test("is a standard JWE: jose opens ours, and we open what jose sealed", async () => {
    const { kty, crv, x, d } = jwk;
    const key = await importJWK({ kty, crv, x, d }, "ECDH-ES");
    expect(text((await compactDecrypt(sealSecret(intake, binding, SECRET), key)).plaintext)).toBe(SECRET);
    expect(text(openSecret(worker.intake, binding, await sealedByJose()))).toBe(SECRET);
  });

  test("derives its key as RFC 7518 appendix C shows", () => {
    const z = [
      158, 86, 217, 29, 129, 113, 53, 211, 114, 131, 66, 131, 191, 132, 38, 156, 251, 49, 110, 163, 218, 128,
      106, 72, 246, 218, 167, 121, 140, 254, 144, 196,
    ];
    const key = concatKdf(Uint8Array.from(z), "A128GCM", 128, Buffer.from("Alice"), Buffer.from("Bob"));
    expect(key.toString("base64url")).toBe("VqqN6vgjbSBcIijNcacQGg");
  });

  test("opens under a former intake key, not under one that is gone", async () => {
    const next = parseWorkerKeys(generateWorkerKeys().private);
    const jwe = sealSecret(intake, binding, SECRET);
    expect(text(openSecret([next.intake[0]!, ...worker.intake], binding, jwe))).toBe(SECRET);
    expect((await thrownBy(() => openSecret(next.intake, binding, jwe))).code).toBe("KEY_UNKNOWN");
  });

  test("does not open under the reply key, though it be given the intake key's name", async () => {
    const impostor = { ...worker.reply, kid: intake.kid };
    const jwe = sealSecret(intake, binding, SECRET);
    expect((await thrownBy(() => openSecret([impostor], binding, jwe))).code).toBe("OPEN_FAILED");
  });

  test.each<[string, Record<string, string>]>([
    ["workspace", { ...binding, workspace: "w2" }],
    ["person", { ...binding, person: "p2" }],
    ["binding with a member missing", { workspace: "w1" }],
    ["binding with a member more", { ...binding, field: "token" }],
    ["binding under other names", { workspace: "w1", agent: "p1" }],
  ])("does not open for another %s", async (_, where) => {
    expect(await refusal(sealSecret(intake, binding, SECRET), where)).toBe("BINDING_MISMATCH");
  });

  test("does not open after its binding was rewritten to fit", async () => {
    const jwe = rewrite(sealSecret(intake, binding, SECRET), (_, header) => {
      header.bnd = { ...binding, person: "p2" };
    });
    expect(await refusal(jwe, { ...binding, person: "p2" })).toBe("OPEN_FAILED");
  });

  test.each([
    ["header", 0],
    ["IV", 2],
    ["ciphertext", 3],
    ["tag", 4],
  ] as const)("does not open with any one bit of its %s flipped", async (_, part) => {
    const jwe = sealSecret(intake, binding, SECRET);
    for (const flipped of flippedBits(jwe.split(".")[part]!))
      expect(await refusal(rewrite(jwe, (parts) => (parts[part] = flipped)))).toMatch(/^[A-Z_]+$/);
  });

  test("is refused with other algorithms, zip, crit, party info or unknown members, though authentic", async () => {
    for (const header of [
      { alg: "ECDH-ES+A256KW" },
      { enc: "A128GCM" },
      { enc: "A256CBC-HS512" },
      { typ: "JWT" },
      { typ: undefined },
      { zip: "DEF" },
      { jku: "https://example.org" },
    ])
      expect(await refusal(await sealedByJose(header))).toBe("MALFORMED");
    const jwe = sealSecret(intake, binding, SECRET);
    for (const [name, value] of [
      ["alg", "none"],
      ["alg", "dir"],
      ["crit", ["x"]],
      ["apu", "QQ"],
    ] as const)
      expect(await refusal(rewrite(jwe, (_, header) => (header[name] = value)))).toBe("MALFORMED");
    expect(await refusal(rewrite(jwe, (parts) => (parts[1] = "AAAA")))).toBe("MALFORMED");
  });

  test("is refused with an ephemeral key that is of low order, of another curve or not one", async () => {
    const jwe = sealSecret(intake, binding, SECRET);
    const zero = Buffer.alloc(32).toString("base64url");
    const epk = (value: unknown) => rewrite(jwe, (_, header) => (header.epk = value));
    expect(await refusal(epk({ kty: "OKP", crv: "X25519", x: zero }))).toBe("KEY_INVALID");
    const good = headerOf(jwe).epk as object;
    for (const value of [
      undefined,
      null,
      1,
      {},
      { ...good, crv: "X448" },
      { ...good, kty: "EC" },
      { ...good, d: zero },
    ])
      expect(await refusal(epk(value))).toBe("MALFORMED");
    expect(await refusal(epk({ ...good, x: "AAAA" }))).toBe("MALFORMED");
  });

  test("leaves nothing of itself in an error", async () => {
    const jwe = sealSecret(intake, binding, SECRET);
    const tampered = rewrite(jwe, (parts) => (parts[4] = [...flippedBits(parts[4]!)][9]!));
    const errors = [
      await thrownBy(() => openSecret(worker.intake, binding, tampered)),
      await thrownBy(() => openSecret(worker.intake, binding, SECRET)),
      await thrownBy(() => openSecret(worker.intake, {}, jwe)),
      await thrownBy(() => sealSecret(intake, { workspace: "" }, SECRET)),
    ];
    for (const error of errors)
      for (const secret of ["canary-secret", jwk.d!, jwe.split(".")[3]!])
        expect(everythingIn(error)).not.toContain(secret);
  });
});

describe("recognizing a sealed secret", () => {
  test("knows ours and a browser's", async () => {
    expect(isSealedSecret(sealSecret(intake, binding, SECRET))).toBe(true);
    expect(isSealedSecret(await sealedByJose())).toBe(true);
  });

  test("takes nothing else for one", async () => {
    const jwe = sealSecret(intake, binding, SECRET);
    for (const other of [
      "",
      SECRET,
      "a.b.c.d.e",
      "eyJ.b.c.d.e",
      jwe.slice(0, -30),
      `${jwe}.x`,
      "eyJhbGciOiJub25lIn0..",
    ])
      expect(isSealedSecret(other)).toBe(false);
    expect(isSealedSecret(await sealedByJose({ typ: "JWT" }))).toBe(false);
    expect(isSealedSecret(rewrite(jwe, (_, header) => (header.alg = "dir")))).toBe(false);
  });
});
