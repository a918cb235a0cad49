import type pg from "pg";
import { IsolationError, readOnly } from "./connect.ts";
import { loadQueries, type Queries } from "./queries.ts";
import { withScratch } from "../database/scratch.ts";
import type { Command, Config, Difference } from "./types.ts";

/** Everything that decides who may do what: `kind object` → its state in words. */
export type Snapshot = ReadonlyMap<
  string,
  { readonly kind: string; readonly object: string; readonly state: string }
>;

/** Takes the snapshot of a database, from its catalogs alone. */
export async function snapshot(client: pg.Client, queries: Queries, config: Config): Promise<Snapshot> {
  const { rows } = await client.query<{ kind: string; object: string; state: string | null }>(
    queries.compile(["snapshot"]),
    [JSON.stringify(config)],
  );
  return new Map(
    rows.map(({ kind, object, state }) => [`${kind} ${object}`, { kind, object, state: state ?? "nobody" }]),
  );
}

/** What differs, one line each, in a stable order. */
export function compare(expected: Snapshot, actual: Snapshot): Difference[] {
  const differences: Difference[] = [];
  for (const key of new Set([...expected.keys(), ...actual.keys()])) {
    const [wanted, found] = [expected.get(key), actual.get(key)];
    if (wanted?.state === found?.state) continue;
    const { kind, object } = (wanted ?? found)!;
    const change = !found ? "missing" : !wanted ? "unexpected" : "changed";
    differences.push({ kind, object, change, expected: wanted?.state ?? null, actual: found?.state ?? null });
  }
  return differences.sort((a, b) => (`${a.kind} ${a.object}` < `${b.kind} ${b.object}` ? -1 : 1));
}

// What belongs to the server and not to this project: other logins of the cluster, and what a provider installs.
function isOurs({ kind, object }: Difference, roles: ReadonlySet<string>): boolean {
  if (kind === "role") return roles.has(object);
  if (kind === "setting") return object.startsWith("all roles ") || roles.has(object.split(" ")[0]!);
  if (kind === "membership") return object.split(" in ").some((role) => roles.has(role));
  return true;
}

/** The command `drift`: the live database beside a scratch one that the checked-out files were just deployed into. */
export const drift: Command = async ({ url, adminUrl, config, progress }) => {
  const queries = await loadQueries();
  const live = await readOnly(url, async (client) => ({
    cluster: await cluster(client),
    state: await snapshot(client, queries, config),
  }));
  // Asked before anything is made: deploying there sets roles and their passwords, which belong to the whole cluster.
  if (adminUrl !== null && (await readOnly(adminUrl, cluster)) === live.cluster) {
    throw new IsolationError(
      "ISOLATION_SAME_SERVER",
      "the scratch database must be on another server: roles belong to the whole cluster",
    );
  }
  const files = await withScratch(adminUrl, progress, (scratch) =>
    readOnly(scratch.adminUrl, (client) => snapshot(client, queries, config)),
  );
  const roles = new Set([...files.values()].filter((one) => one.kind === "role").map((one) => one.object));
  const differences = compare(files, live.state).filter((one) => isOurs(one, roles));
  const count = (kind: string) => [...live.state.values()].filter((one) => one.kind === kind).length;
  return {
    differences,
    coverage: {
      tables: count("table"),
      tenantTables: 0,
      policies: count("policy"),
      functions: count("function"),
      roles: roles.size,
      checks: 0,
      probes: 0,
    },
  };
};

// Two servers do not start in the same microsecond, and every login may read when its own did.
async function cluster(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ started: string }>(
    "select pg_postmaster_start_time()::text as started",
  );
  return rows[0]!.started;
}
