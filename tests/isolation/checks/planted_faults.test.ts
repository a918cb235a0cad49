import { beforeAll, describe, expect, test } from "vitest";
import { createDatabase } from "../../helpers/database.ts";
import { findingsAfter, openBench, told, type Bench } from "../support.ts";
import { cases } from "./cases.ts";

let bench: Bench;

beforeAll(async () => {
  const database = await createDatabase();
  bench = await openBench(await database.pool("postgres", { max: 1 }).connect());
});

describe.each(cases)("$id: $title", ({ id, fault, object, clean, severity, faultConfig, cleanConfig }) => {
  test("is found", async () => {
    const found = await findingsAfter(bench, fault, { ...bench.config, ...faultConfig });
    const ours = found.filter((one) => one.checkId === id && (id === "S3" || one.object === object));
    expect(ours.length, `told instead: ${told(found, id).join(" | ")}`).toBeGreaterThan(0);
    if (severity) expect(ours.map((one) => one.severity)).toContain(severity);
    for (const one of ours) {
      expect(one.mend).not.toBe("");
      expect(one.source).not.toBe("");
    }
  });

  test("is not reported of its clean twin", async () => {
    const found = await findingsAfter(bench, clean, { ...bench.config, ...cleanConfig });
    expect(
      told(
        found.filter((one) => id === "S3" || one.object === object),
        id,
      ),
    ).toEqual([]);
  });
});

test("every check has a planted fault", () => {
  const missing = bench.queries.checks
    .map(({ id }) => id)
    .filter((id) => !cases.some((one) => one.id === id));
  expect(missing).toEqual([]);
});
