import type pg from "pg";
import { findings } from "../../isolation/check.ts";
import { loadConfig } from "../../isolation/config.ts";
import { loadQueries, type Queries } from "../../isolation/queries.ts";
import type { Config, Finding } from "../../isolation/types.ts";

/** What a test of the checks works with: one superuser's connection whose every change is rolled back. */
export interface Bench {
  readonly client: pg.Client | pg.PoolClient;
  readonly queries: Queries;
  readonly config: Config;
}

/** A bench with this project's own model. */
export async function openBench(client: pg.PoolClient): Promise<Bench> {
  await client.query("set search_path = pg_catalog");
  await client.query("set jit = off");
  const queries = await loadQueries();
  return { client, queries, config: await loadConfig(null, client as unknown as pg.Client, queries) };
}

/** The findings once `sql` has been run, in a transaction that is rolled back. */
export async function findingsAfter(bench: Bench, sql: string, config = bench.config): Promise<Finding[]> {
  await bench.client.query("begin");
  try {
    await bench.client.query(sql);
    await bench.client.query("reset role");
    return await findings(bench.client as pg.Client, bench.queries, config);
  } finally {
    await bench.client.query("rollback");
  }
}

/** One line for each finding of a check. */
export function told(found: readonly Finding[], checkId: string): string[] {
  return found
    .filter((one) => one.checkId === checkId)
    .map((one) => `${one.severity} ${one.object}: ${one.problem}`);
}
