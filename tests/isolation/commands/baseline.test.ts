import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expiredEntries, loadBaseline, unusedEntries, weigh } from "../../../isolation/baseline.ts";
import type { BaselineEntry, Finding } from "../../../isolation/types.ts";

const finding: Finding = {
  checkId: "C4",
  severity: "low",
  object: "pg_class.reltuples",
  problem: "p",
  mend: "m",
  source: "s",
};
const entry: BaselineEntry = {
  id: "C4",
  object: "pg_class.reltuples",
  reason: "no caller sends SQL",
  expires: "2026-06-30",
};

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), "baseline-"));
});
afterAll(() => rm(directory, { recursive: true }));

async function load(content: unknown): Promise<BaselineEntry[]> {
  const file = path.join(directory, "baseline.json");
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  return loadBaseline(file, true);
}

describe("a baseline entry", () => {
  test("accepts its finding through its last day", () => {
    expect(weigh([finding], [entry], new Date("2026-06-30T23:59:00Z")).open).toEqual([]);
  });

  test("accepts nothing on the day after, and fails the run", () => {
    const now = new Date("2026-07-01T00:00:00Z");
    expect(weigh([finding], [entry], now).open).toEqual([finding]);
    expect(expiredEntries([entry], now)).toHaveLength(1);
  });

  test("accepts no other check and no other object", () => {
    const now = new Date("2026-01-01");
    expect(weigh([{ ...finding, checkId: "C5" }], [entry], now).accepted).toEqual([]);
    expect(weigh([{ ...finding, object: "pg_class.reltuples2" }], [entry], now).accepted).toEqual([]);
    expect(weigh([{ ...finding, object: "pg_classxreltuples" }], [entry], now).accepted).toEqual([]);
  });

  test("may hold a star", () => {
    expect(weigh([finding], [{ ...entry, object: "pg_class.*" }], new Date("2026-01-01")).open).toEqual([]);
  });

  test("is told when it accepts nothing any more", () => {
    expect(unusedEntries([entry], [])).toEqual([entry]);
    expect(unusedEntries([entry], [finding])).toEqual([]);
  });

  test.each(["id", "object", "reason", "expires"])("is refused without %s", async (field) => {
    await expect(load({ accepted: [{ ...entry, [field]: " " }] })).rejects.toMatchObject({
      code: "ISOLATION_BASELINE_INVALID",
    });
  });

  test("is refused with an expiry that is no date", async () => {
    await expect(load({ accepted: [{ ...entry, expires: "next year" }] })).rejects.toMatchObject({
      code: "ISOLATION_BASELINE_INVALID",
    });
  });
});

test("a baseline that is not JSON, or not there, is refused", async () => {
  await expect(load("{")).rejects.toMatchObject({ code: "ISOLATION_BASELINE_INVALID" });
  await expect(loadBaseline(path.join(directory, "none.json"), true)).rejects.toMatchObject({
    code: "ISOLATION_BASELINE_INVALID",
  });
});
