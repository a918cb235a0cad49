import { createPrivateKey } from "node:crypto";
import { CompactEncrypt, compactDecrypt } from "jose";
import { describe, expect, test } from "vitest";
import {
  generateCallerKey,
  generateWorkerKeys,
  parsePublicKeys,
  parseWorkerKeys,
} from "../../envelope/keys.ts";
import { type ReplyKey, agree, openReply, sealReply } from "../../envelope/reply.ts";
import { publicKeyFrom, sharedSecret } from "../../envelope/x25519.ts";
import { everythingIn, flippedBits, rewrite, thrownBy } from "./support.ts";

const pair = generateWorkerKeys();
const worker = parseWorkerKeys(pair.private).reply;
const pinned = parsePublicKeys(pair.public).reply;
const caller = generateCallerKey();
const address = { caller: "api-1", call: "call-1" };
const ANSWER = "canary-answer: Dear Ms …";
const atWorker = agree(worker, caller.x, "api-1");
const atCaller = agree(caller, pinned.x, "api-1");
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const refusal = async (jwe: string, where = address, key: ReplyKey = atCaller) =>
  (await thrownBy(() => openReply(key, where, jwe))).code;

describe("agreeing on the key for replies", () => {
  test("gives worker and caller the same key from their own halves", () => {
    expect(atWorker.equals(atCaller)).toBe(true);
    expect(atWorker.symmetricKeySize).toBe(32);
  });

  test("gives another key for another caller, worker or context", () => {
    const others = [
      agree(generateCallerKey(), pinned.x, "api-1"),
      agree(caller, generateCallerKey().x, "api-1"),
      agree(caller, pinned.x, "api-2"),
      agree(caller, pinned.x, ""),
    ];
    for (const other of others) expect(other.equals(atCaller)).toBe(false);
  });

  test("computes X25519 as RFC 7748 section 6.1 shows", () => {
    const hex = (digits: string) => Buffer.from(digits, "hex").toString("base64url");
    const alice = createPrivateKey({
      key: {
        kty: "OKP",
        crv: "X25519",
        d: hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"),
        x: hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"),
      },
      format: "jwk",
    });
    const bob = publicKeyFrom(hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"));
    expect(sharedSecret(alice, bob).toString("hex")).toBe(
      "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
    );
  });

  test("refuses every low-order point: with one, anybody knows the key", async () => {
    const points = [
      "00".repeat(32),
      `01${"00".repeat(31)}`,
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
      `ec${"ff".repeat(30)}7f`,
      `ed${"ff".repeat(30)}7f`,
      `ee${"ff".repeat(30)}7f`,
    ];
    for (const point of points) {
      const x = Buffer.from(point, "hex").toString("base64url");
      expect((await thrownBy(() => agree(worker, x, "api-1"))).code).toBe("KEY_INVALID");
    }
  });

  test("refuses what is not a key, and its own key sent back", async () => {
    for (const x of ["", "AAAA", `${caller.x}=`, caller.x.slice(1), `${caller.x}AA`, worker.x])
      expect((await thrownBy(() => agree(worker, x, "api-1"))).code).toBe("KEY_INVALID");
  });
});

describe("a sealed reply", () => {
  test("opens for its caller and its call", () => {
    const jwe = sealReply(atWorker, address, ANSWER);
    expect(text(openReply(atCaller, address, jwe))).toBe(ANSWER);
    expect(openReply(atCaller, address, sealReply(atWorker, address, "")).length).toBe(0);
    expect(sealReply(atWorker, address, ANSWER)).not.toBe(jwe);
  });

  test("is a standard JWE: jose opens ours, and we open what jose sealed", async () => {
    const { plaintext } = await compactDecrypt(sealReply(atWorker, address, ANSWER), atCaller);
    expect(text(plaintext)).toBe(ANSWER);
    const header = { alg: "dir", enc: "A256GCM", typ: "bulkhead/reply", ...address };
    const theirs = await new CompactEncrypt(Buffer.from(ANSWER)).setProtectedHeader(header).encrypt(atWorker);
    expect(text(openReply(atCaller, address, theirs))).toBe(ANSWER);
    for (const extra of [{ zip: "DEF" }, { kid: "x" }, { typ: "JWT" }]) {
      const other = await new CompactEncrypt(Buffer.from(ANSWER))
        .setProtectedHeader({ ...header, ...extra })
        .encrypt(atWorker);
      expect(await refusal(other)).toBe("MALFORMED");
    }
  });

  test("does not open as the answer to another call or for another caller", async () => {
    const jwe = sealReply(atWorker, address, ANSWER);
    expect(await refusal(jwe, { ...address, call: "call-2" })).toBe("BINDING_MISMATCH");
    expect(await refusal(jwe, { ...address, caller: "api-2" })).toBe("BINDING_MISMATCH");
    const moved = rewrite(jwe, (_, header) => (header.call = "call-2"));
    expect(await refusal(moved, { ...address, call: "call-2" })).toBe("OPEN_FAILED");
  });

  test("cannot be forged by who holds neither private key, though it knows both public ones", async () => {
    const attacker = generateCallerKey();
    for (const known of [caller.x, pinned.x]) {
      const forged = sealReply(agree(attacker, known, "api-1"), address, ANSWER);
      expect(await refusal(forged)).toBe("OPEN_FAILED");
    }
  });

  test("does not open at another API process", async () => {
    const other = agree(generateCallerKey(), pinned.x, "api-1");
    expect(await refusal(sealReply(atWorker, address, ANSWER), address, other)).toBe("OPEN_FAILED");
  });

  test.each([0, 2, 3, 4])("does not open with any one bit of part %i flipped", async (part) => {
    const jwe = sealReply(atWorker, address, ANSWER);
    for (const flipped of flippedBits(jwe.split(".")[part]!))
      expect(await refusal(rewrite(jwe, (parts) => (parts[part] = flipped)))).toMatch(/^[A-Z_]+$/);
  });

  test("is not made without an address", async () => {
    for (const where of [
      { caller: "", call: "c" },
      { caller: "a", call: "" },
    ])
      expect((await thrownBy(() => sealReply(atWorker, where, ANSWER))).code).toBe("MALFORMED");
  });

  test("leaves nothing of itself in an error", async () => {
    const jwe = sealReply(atWorker, address, ANSWER);
    const tampered = rewrite(jwe, (parts) => (parts[3] = [...flippedBits(parts[3]!)][0]!));
    const error = await thrownBy(() => openReply(atCaller, address, tampered));
    for (const secret of ["canary-answer", jwe.split(".")[3]!, atCaller.export().toString("hex")])
      expect(everythingIn(error)).not.toContain(secret);
  });
});
