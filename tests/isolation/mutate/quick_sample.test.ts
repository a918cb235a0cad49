import type pg from "pg";
import { describe, expect, test } from "vitest";
import { loadBaseline } from "../../../isolation/baseline.ts";
import { loadConfig } from "../../../isolation/config.ts";
import { equivalents } from "../../../isolation/mutate/equivalents.ts";
import { summary } from "../../../isolation/mutate/mutate.ts";
import { mutateDatabase } from "../../../isolation/mutate/run.ts";
import { sample } from "../../../isolation/mutate/sample.ts";
import type { Fault } from "../../../isolation/mutate/mutators.ts";
import { loadQueries } from "../../../isolation/queries.ts";
import { createDatabase } from "../../helpers/database.ts";

const fault = (id: string): Fault => ({ id, description: id, statements: [], likely: [], probes: [] });

describe("a sample", () => {
  const all = [
    "policy.using-true a",
    "policy.using-true b",
    "role.bypassrls a",
    "table.view a",
    "table.view b",
  ].map(fault);

  test("holds every kind of fault before a second one of any", () => {
    expect(new Set(sample(all, 3, 1).map((one) => one.id.split(" ")[0]))).toEqual(
      new Set(["policy.using-true", "role.bypassrls", "table.view"]),
    );
  });

  test("is the same for the same seed, and whole where it is as large as all", () => {
    expect(sample(all, 3, 7)).toEqual(sample(all, 3, 7));
    expect(sample(all, 9, 1)).toHaveLength(all.length);
  });
});

describe("mutating the deployed database", () => {
  test("finds every fault of a sample of every kind", { timeout: 240_000 }, async () => {
    const database = await createDatabase();
    const client = await database.pool("postgres").connect();
    const config = await loadConfig(null, client as unknown as pg.Client, await loadQueries());
    client.release();
    const baseline = await loadBaseline(
      new URL("../../../isolation/baseline.json", import.meta.url).pathname,
      true,
    );
    const mutants = await mutateDatabase(database.adminUrl, config, { sample: 75, seed: 1, baseline });
    expect(mutants).toHaveLength(75);
    expect(mutants.filter((one) => one.killedBy === null && one.equivalent === undefined)).toEqual([]);
  });

  test("reports a fault that nothing finds as a survivor", async () => {
    const database = await createDatabase();
    const client = await database.pool("postgres").connect();
    const config = await loadConfig(null, client as unknown as pg.Client, await loadQueries());
    client.release();
    // A model that takes member tables out of sight: nobody looks at what happens to them.
    const blind = {
      ...config,
      schemas: ["tenancy", "session"],
      access: config.access!.filter((one) => !one.object.startsWith("mail.")),
    };
    const mutants = await mutateDatabase(
      database.adminUrl,
      { ...blind, strict: false, access: undefined } as never,
      {
        only: "role.search-path bulkhead_member",
      },
    );
    expect(mutants.map((one) => one.killedBy)).toEqual([null]);
    expect(summary([{ id: "x", description: "x", killedBy: null }])[0]).toContain("0 of 1 killed");
  });
});

describe("equivalent mutants", () => {
  test("each have their proof", () => {
    for (const { id, proof } of equivalents) expect(proof.length, id).toBeGreaterThan(40);
  });
});
