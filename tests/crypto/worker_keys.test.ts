import { inspect } from "node:util";
import { calculateJwkThumbprint } from "jose";
import { describe, expect, test } from "vitest";
import {
  generateCallerKey,
  generateWorkerKeys,
  parsePublicKeys,
  parseWorkerKeys,
} from "../../envelope/keys.ts";
import { everythingIn, thrownBy } from "./support.ts";

type Jwk = Record<string, string>;
const pair = generateWorkerKeys();
const keysOf = (text: string) => (JSON.parse(text) as { keys: Jwk[] }).keys;
const setOf = (...keys: unknown[]) => JSON.stringify({ keys });
const [intake, reply] = keysOf(pair.private) as [Jwk, Jwk];
const [openIntake, openReply] = keysOf(pair.public) as [Jwk, Jwk];

describe("a worker's keys", () => {
  test("come as a private and a public set with the same key ids", () => {
    const [worker, known] = [parseWorkerKeys(pair.private), parsePublicKeys(pair.public)];
    expect(known.intake.map(({ kid }) => kid)).toEqual(worker.intake.map(({ kid }) => kid));
    expect(known.reply.kid).toBe(worker.reply.kid);
    expect(known.reply.x).toBe(worker.reply.x);
    expect(pair.public).not.toContain('"d"');
  });

  test("are named by their thumbprint of RFC 7638", async () => {
    const thumbprint = await calculateJwkThumbprint(openIntake);
    expect(openIntake.kid).toBe(`intake-${thumbprint.slice(0, 22)}`);
  });

  test("keep the order of several intake keys: the first is current", () => {
    const next = keysOf(generateWorkerKeys().private)[0]!;
    expect(parseWorkerKeys(setOf(next, intake, reply)).intake.map(({ kid }) => kid)).toEqual([
      next.kid,
      intake.kid,
    ]);
  });

  test("print as nothing once they are read", () => {
    for (const held of [parseWorkerKeys(pair.private), generateCallerKey()]) {
      const written = inspect(held, { depth: 10, showHidden: true }) + JSON.stringify(held);
      for (const secret of [intake.d!, reply.d!]) expect(written).not.toContain(secret);
      expect(written).not.toContain('"d"');
    }
  });
});

describe("the API's key set", () => {
  test("is refused when it holds anything private: the API holds no key", async () => {
    const sets = [
      pair.private,
      setOf(openIntake, { ...openReply, d: reply.d }),
      setOf({ ...openIntake, k: "AAAA" }, openReply),
      setOf({ ...openIntake, priv: "AAAA" }, openReply),
    ];
    for (const set of sets) {
      const error = await thrownBy(() => parsePublicKeys(set));
      expect(error.code).toBe("KEY_INVALID");
      expect(error.message).toMatch(/not public/);
      for (const secret of [intake.d!, reply.d!]) expect(everythingIn(error)).not.toContain(secret);
    }
  });
});

describe("a key set", () => {
  test.each<[string, string]>([
    ["is not JSON", `${pair.private}}`],
    ["is null", "null"],
    ["has no keys", "{}"],
    ["holds a non-object", setOf(intake, reply, null)],
    ["has no intake key", setOf(reply)],
    ["has no reply key", setOf(intake)],
    ["has two reply keys", setOf(intake, reply, keysOf(generateWorkerKeys().private)[1])],
    [
      "repeats a key id",
      setOf(intake, { ...keysOf(generateWorkerKeys().private)[0], kid: intake.kid }, reply),
    ],
    ["uses one key for both", setOf(intake, { ...intake, use: "reply", kid: "reply-x" })],
    ["has a key for something else", setOf({ ...intake, use: "sig" }, reply)],
    ["has a key of another curve", setOf({ ...intake, crv: "X448" }, reply)],
    ["has a key without id", setOf({ ...intake, kid: "" }, reply)],
    ["has a public key only", setOf(openIntake, reply)],
    ["has halves that do not match", setOf({ ...intake, d: reply.d }, reply)],
    ["has a short private key", setOf({ ...intake, d: "AAAA" }, reply)],
    ["has an unknown member", setOf({ ...intake, exp: "1" }, reply)],
  ])("is refused when it %s, without quoting a key", async (_, set) => {
    const error = await thrownBy(() => parseWorkerKeys(set));
    expect(error.code).toBe("KEY_INVALID");
    for (const secret of [intake.d!, reply.d!]) expect(everythingIn(error)).not.toContain(secret);
  });

  test("is refused with a public coordinate that is not 32 bytes", async () => {
    const set = setOf({ ...openIntake, x: "AAAA" }, openReply);
    expect((await thrownBy(() => parsePublicKeys(set))).code).toBe("KEY_INVALID");
  });
});
