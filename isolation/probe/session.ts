import type pg from "pg";
import { connect, IsolationError } from "../connect.ts";
import type { Config, ProbeResult } from "../types.ts";
import type { ProbeGroup } from "./groups.ts";
import { installProbes } from "./install.ts";

/** A transaction with two synthetic tenants in it, which never commits. */
export interface ProbeSession {
  readonly client: pg.Client;
  readonly config: Config;
  /** Where the probes' functions are. */
  readonly schema: string;
  /** What isolation.probe_seed() made: tenants, markers, rows. Opaque, but for `tenants` and `rows`. */
  readonly world: World;
  /** Runs one group; `only` narrows it to tables, functions or views by name where the group knows them. */
  run(group: ProbeGroup, only?: readonly string[]): Promise<ProbeResult[]>;
}

export interface World {
  readonly tenants: Readonly<Record<"a" | "b" | "c", string>>;
  readonly enter: readonly string[];
  readonly rows: Readonly<Record<string, Readonly<Record<string, Record<string, unknown>>>>>;
  readonly problems: Readonly<Record<string, string>>;
}

const narrowed: readonly ProbeGroup[] = [
  "read",
  "nodes",
  "write",
  "keys",
  "functions",
  "shadows",
  "views",
  "plans",
  "audit",
];

/**
 * Opens a connection and a transaction, makes the probes and the synthetic tenants in it, and rolls all of it back after
 * `use`, whatever happens; a connection that is cut leaves nothing either, for nothing was ever committed.
 * @throws IsolationError ISOLATION_NOT_SUPERUSER
 */
export async function withProbes<Result>(
  url: string,
  config: Config,
  use: (session: ProbeSession) => Promise<Result>,
  level: "read committed" | "repeatable read" | "serializable" = "read committed",
): Promise<Result> {
  const client = await connect(url);
  try {
    await client.query(`begin isolation level ${level}`);
    return await use(await openProbes(client, config));
  } finally {
    await client.query("rollback").catch(() => {});
    await client.end().catch(() => {});
  }
}

/** The same inside a transaction that the caller has begun and will roll back. */
export async function openProbes(client: pg.Client, config: Config): Promise<ProbeSession> {
  await client.query("set local search_path = pg_catalog");
  await client.query("set local jit = off");
  await client.query("set local lock_timeout = '2s'");
  await client.query("set local statement_timeout = '300s'");
  const { rows: who } = await client.query("select rolsuper from pg_roles where rolname = session_user");
  if (!who[0]?.rolsuper) {
    throw new IsolationError(
      "ISOLATION_NOT_SUPERUSER",
      "probing acts as every login in turn, which needs a superuser's connection; to a copy of the database, where there is none",
    );
  }
  const schema = await installProbes(client);
  const { rows: models } = await client.query(`select ${schema}.probe_model($1) as model`, [
    JSON.stringify(config),
  ]);
  const model = JSON.stringify(models[0].model);
  const { rows } = await client.query(`select ${schema}.probe_seed($1) as world`, [model]);
  const world = rows[0].world as World;
  const worldText = JSON.stringify(world);
  return {
    client,
    config: models[0].model as Config,
    schema,
    world,
    async run(group, only) {
      const third = only && narrowed.includes(group) ? ", $3" : "";
      await client.query("savepoint isolation_group");
      try {
        const result = await client.query<ProbeResult>(
          `select id, title, verdict, detail from ${schema}.probe_${group}($1, $2${third})`,
          third ? [model, worldText, only] : [model, worldText],
        );
        return result.rows;
      } catch (error) {
        // What could not be tried is no pass: the group's absence is a result of its own.
        await client.query("rollback to savepoint isolation_group");
        const { code, message } = error as Error & { code?: string };
        return [
          {
            id: `P0 the run ${group}`,
            title: "the probes run",
            verdict: "unreliable",
            detail: `${code ?? "unknown"}: ${message}`,
          },
        ];
      } finally {
        await client.query("release savepoint isolation_group");
      }
    },
  };
}
