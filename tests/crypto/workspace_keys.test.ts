import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openContent, sealContent } from "../../worker/crypto/content.ts";
import type { KeySubject } from "../../worker/crypto/kek.ts";
import { createWorkspaceKeys } from "../../worker/crypto/workspace_keys.ts";
import { spellings, thrownBy } from "./support.ts";

const subject = (workspaceId: string, version = 1): KeySubject => ({
  workspaceId,
  purpose: "content",
  version,
});
const wrapped = { kek: "local:v1", wrapped: "…" };

/** A key-encryption key that counts, and that can be held up or made to fail. */
function countingKek() {
  const handed: Uint8Array[] = [];
  const state = { calls: [] as string[], handed, gate: Promise.resolve(), failing: false };
  const unwrap = async ({ workspaceId, version }: KeySubject) => {
    state.calls.push(`${workspaceId}/${version}`);
    await state.gate;
    if (state.failing) throw new Error("key service down");
    const bytes = new Uint8Array(randomBytes(32));
    handed.push(bytes);
    return bytes;
  };
  return { state, kek: { unwrap } };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("unwrapped workspace keys", () => {
  test("are unwrapped once and then come from memory", async () => {
    const { state, kek } = countingKek();
    const keys = createWorkspaceKeys({ kek });
    const first = await keys.get(subject("w1"), wrapped);
    expect(first.kid).toBe("w1/content/1");
    expect((await keys.get(subject("w1"), wrapped)).key).toBe(first.key);
    expect(keys.peek("w1/content/1")?.key).toBe(first.key);
    expect(keys.peek("w1/content/2")).toBeUndefined();
    expect(state.calls).toEqual(["w1/1"]);
  });

  test("are unwrapped once for simultaneous callers", async () => {
    const { state, kek } = countingKek();
    const keys = createWorkspaceKeys({ kek });
    const got = await Promise.all(Array.from({ length: 50 }, () => keys.get(subject("w1"), wrapped)));
    expect(new Set(got.map(({ key }) => key)).size).toBe(1);
    expect(state.calls.length).toBe(1);
  });

  test("are unwrapped again after a failure", async () => {
    const { state, kek } = countingKek();
    const keys = createWorkspaceKeys({ kek });
    state.failing = true;
    const both = [keys.get(subject("w1"), wrapped), keys.get(subject("w1"), wrapped)];
    for (const each of both) await expect(each).rejects.toThrow("key service down");
    expect(keys.size).toBe(0);
    state.failing = false;
    await keys.get(subject("w1"), wrapped);
    expect(state.calls.length).toBe(2);
  });

  test("do not fail for one caller because another brought a damaged copy", async () => {
    const keys = createWorkspaceKeys({
      kek: {
        unwrap: async (_, __, text) => {
          if (text === "damaged") throw new Error("refused");
          return new Uint8Array(randomBytes(32));
        },
      },
    });
    const bad = keys.get(subject("w1"), { ...wrapped, wrapped: "damaged" });
    const good = keys.get(subject("w1"), wrapped);
    await expect(bad).rejects.toThrow("refused");
    expect((await good).kid).toBe("w1/content/1");
  });

  test("leave memory after their time, however often they are used", async () => {
    const { state, kek } = countingKek();
    const keys = createWorkspaceKeys({ kek, ttlMs: 1_000 });
    await keys.get(subject("w1"), wrapped);
    for (let elapsed = 0; elapsed < 900; elapsed += 100) {
      await vi.advanceTimersByTimeAsync(100);
      await keys.get(subject("w1"), wrapped);
    }
    expect(state.calls.length).toBe(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(keys.size).toBe(0);
    await keys.get(subject("w1"), wrapped);
    expect(state.calls.length).toBe(2);
  });

  test("make room by dropping the one least recently used", async () => {
    const { kek } = countingKek();
    const keys = createWorkspaceKeys({ kek, max: 2 });
    await keys.get(subject("w1"), wrapped);
    await keys.get(subject("w2"), wrapped);
    await keys.get(subject("w1"), wrapped);
    await keys.get(subject("w3"), wrapped);
    expect(keys.size).toBe(2);
    expect(keys.peek("w2/content/1")).toBeUndefined();
    expect(keys.peek("w1/content/1")).toBeDefined();
  });

  test("of one workspace are forgotten on demand, in every version, and no one else's", async () => {
    const { kek } = countingKek();
    const keys = createWorkspaceKeys({ kek });
    await Promise.all(
      [subject("w1"), subject("w1", 2), subject("w10")].map((each) => keys.get(each, wrapped)),
    );
    keys.forget("w1");
    expect(keys.size).toBe(1);
    expect(keys.peek("w10/content/1")).toBeDefined();
  });

  test("do not come back when their workspace was forgotten while they were being unwrapped", async () => {
    const { state, kek } = countingKek();
    const keys = createWorkspaceKeys({ kek });
    let release = () => {};
    state.gate = new Promise((resolve) => (release = resolve));
    const slow = keys.get(subject("w1"), wrapped);
    keys.forget("w1");
    release();
    await slow;
    await vi.advanceTimersByTimeAsync(0);
    expect(keys.size).toBe(0);
  });

  test("leave no raw bytes behind, and print as nothing", async () => {
    const { state, kek } = countingKek();
    const keys = createWorkspaceKeys({ kek });
    const held = await keys.get(subject("w1"), wrapped);
    expect(state.handed.every((bytes) => bytes.every((byte) => byte === 0))).toBe(true);
    for (const secret of spellings(held.key.export()))
      expect(inspect([held, keys], { depth: 9 })).not.toContain(secret);
  });

  test("still serve who holds one when it is dropped: nobody ever seals under zeros", async () => {
    const { kek } = countingKek();
    const keys = createWorkspaceKeys({ kek, max: 1 });
    const held = await keys.get(subject("w1"), wrapped);
    await keys.get(subject("w2"), wrapped);
    keys.forget("w1");
    const where = { workspaceId: "w1", kind: "k", id: "i" };
    const jwe = await sealContent(held, where, "text");
    expect(Buffer.from(await openContent(() => held, where, jwe)).toString()).toBe("text");
    const zeros = { kid: held.kid, key: new Uint8Array(32) };
    expect((await thrownBy(() => openContent(() => zeros, where, jwe))).code).toBe("KEY_INVALID");
  });
});
