import type pg from "pg";
import type { ProbeGroup } from "../../../isolation/probe/groups.ts";
import { openProbes } from "../../../isolation/probe/session.ts";
import { loadConfig } from "../../../isolation/config.ts";
import { loadQueries } from "../../../isolation/queries.ts";
import type { Config, ProbeResult } from "../../../isolation/types.ts";

/** This project's model, from the checked-out files. */
export async function ownModel(client: pg.PoolClient): Promise<Config> {
  return loadConfig(null, client as unknown as pg.Client, await loadQueries());
}

/** What one group of probes says once `fault` has been planted, in a transaction that is rolled back. */
export async function probesAfter(
  client: pg.PoolClient,
  config: Config,
  group: ProbeGroup,
  fault = "",
  only?: readonly string[],
): Promise<ProbeResult[]> {
  await client.query("begin");
  try {
    if (fault) await client.query(fault);
    const session = await openProbes(client as unknown as pg.Client, config);
    return await session.run(group, only);
  } finally {
    await client.query("rollback");
  }
}

/** The ids of what did not pass. */
export function open(results: readonly ProbeResult[]): string[] {
  return results.filter((one) => one.verdict !== "pass").map((one) => `${one.verdict} ${one.id}`);
}
