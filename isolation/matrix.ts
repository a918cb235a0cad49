import type pg from "pg";
import { coverage } from "./check.ts";
import { readOnly } from "./connect.ts";
import { loadQueries, type Queries } from "./queries.ts";
import type { Command, Config, MatrixRow, PolicyText, Reach } from "./types.ts";

/** Role × table × command, as isolation.matrix() works it out. */
export async function matrixRows(client: pg.Client, queries: Queries, config: Config): Promise<MatrixRow[]> {
  const { rows } = await client.query(queries.compile(["matrix"]), [JSON.stringify(config)]);
  return rows.map((row) => ({
    role: row.role as string,
    kind: row.kind as string,
    object: row.object as string,
    class: row.class as string,
    command: row.command as string,
    reach: row.reach as Reach,
    meant: row.is_meant as boolean,
    columns: row.columns as string[] | null,
    why: row.why as string,
  }));
}

/** Every policy beside a sentence of what it means. */
export async function policyTexts(
  client: pg.Client,
  queries: Queries,
  config: Config,
): Promise<PolicyText[]> {
  const { rows } = await client.query(queries.compile(["policy_texts"]), [JSON.stringify(config)]);
  return rows.map((row) => ({
    object: row.object,
    name: row.name,
    command: row.command,
    roles: row.roles,
    permissive: row.permissive,
    using: row.using_text,
    check: row.check_text,
    meaning: row.meaning,
  }));
}

/** The command `matrix`: who reaches what, and every policy in words. It judges nothing, so it is always clean. */
export const matrix: Command = async ({ url, config }) => {
  const queries = await loadQueries();
  return readOnly(url, async (client) => ({
    coverage: { ...(await coverage(client, queries, config)), checks: 0 },
    matrix: await matrixRows(client, queries, config),
    policies: await policyTexts(client, queries, config),
  }));
};
