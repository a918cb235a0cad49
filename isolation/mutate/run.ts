import type pg from "pg";
import { isAbout } from "../baseline.ts";
import { connect } from "../connect.ts";
import { openProbes, type ProbeSession } from "../probe/session.ts";
import { loadQueries, type Queries } from "../queries.ts";
import type { BaselineEntry, Config, Mutant, Progress } from "../types.ts";
import { equivalence } from "./equivalents.ts";
import { readModel } from "./model.ts";
import { faults, type Fault } from "./mutators.ts";
import { sample } from "./sample.ts";

/** How much of the model to mutate. */
export interface MutateOptions {
  /** How many faults at most, drawn so that every kind of fault is in it; left out: all. */
  readonly sample?: number;
  /** The draw's seed: the same one draws the same sample. */
  readonly seed?: number;
  /** Only faults whose id has this in it. */
  readonly only?: string;
  /** Accepted risks: what they accept kills nothing. */
  readonly baseline?: readonly BaselineEntry[];
  readonly progress?: Progress;
}

/** Undone catalog rows pile up inside one transaction and slow the catalogs down: begin anew after so many. */
const perTransaction = 120;

/**
 * Plants one fault at a time in a scratch database and asks the static checks, then the probes, which of them finds it.
 * One transaction with savepoints: every fault is undone, faults of roles too, which are the whole cluster's.
 * @param url a superuser's connection to the scratch database
 */
export async function mutateDatabase(
  url: string,
  config: Config,
  options: MutateOptions = {},
): Promise<Mutant[]> {
  const { progress = () => {} } = options;
  const queries = await loadQueries();
  const client = await connect(url);
  try {
    await client.query("begin");
    await client.query("set local search_path = pg_catalog");
    const all = faults(await readModel(client, queries, config)).filter(
      (one) => !options.only || one.id.includes(options.only),
    );
    await client.query("rollback");
    const chosen = options.sample === undefined ? all : sample(all, options.sample, options.seed ?? 1);
    progress(`${chosen.length} of ${all.length} faults`);
    const mutants: Mutant[] = [];
    const started = Date.now();
    for (let from = 0; from < chosen.length; from += perTransaction) {
      await client.query("begin");
      const hunt = await openHunt(client, queries, config, options.baseline ?? []);
      for (const fault of chosen.slice(from, from + perTransaction)) mutants.push(await hunt(fault));
      await client.query("rollback");
      const survivors = mutants.filter((one) => one.killedBy === null && one.equivalent === undefined).length;
      progress(
        `${mutants.length} of ${chosen.length} planted, ${survivors} survived (${Math.round((Date.now() - started) / 1000)} s)`,
      );
    }
    return mutants;
  } finally {
    await client.end().catch(() => {});
  }
}

async function openHunt(
  client: pg.Client,
  queries: Queries,
  config: Config,
  baseline: readonly BaselineEntry[],
): Promise<(fault: Fault) => Promise<Mutant>> {
  const session = await openProbes(client, config);
  await client.query("set local plan_cache_mode = force_generic_plan");
  const clean = new Map<string, ReadonlySet<string>>();
  const check = (id: string, name: string) =>
    runCheck(client, queries, config, name, (object) => baseline.some((one) => isAbout(one, id, object)));
  for (const { id, name } of queries.checks) clean.set(name, await check(id, name));
  const files = await snapshot(client, queries, config);
  const quiet = new Map<string, ReadonlySet<string>>();
  return async (fault) => {
    const result = { id: fault.id, description: fault.description };
    await client.query("savepoint mutant");
    try {
      try {
        for (const statement of fault.statements) await client.query(statement);
      } catch (error) {
        // Not planted, so not found: it counts as a survivor until its mutator is mended.
        return {
          ...result,
          description: `${fault.description} (could not be planted: ${(error as Error).message})`,
          killedBy: null,
        };
      }
      const killedBy =
        (await firstCheck(queries, check, fault, clean)) ??
        (await firstProbe(client, session, fault, quiet)) ??
        (fault.harmless ? firstDifference(files, await snapshot(client, queries, config)) : null);
      const proof = killedBy === null ? equivalence(fault.id) : null;
      return proof === null ? { ...result, killedBy } : { ...result, killedBy, equivalent: proof };
    } finally {
      await client.query("rollback to savepoint mutant");
      await client.query("release savepoint mutant");
    }
  };
}

/** What one check finds, and the exceptions of the model do not cover, as comparable lines. */
async function runCheck(
  client: pg.Client,
  queries: Queries,
  config: Config,
  name: string,
  accepted: (object: string) => boolean,
): Promise<Set<string>> {
  const { rows } = await client.query({
    name: `isolation_${name}`,
    text: `with found as (${queries.compile([name])}), excused as (${queries.compile(["meant_facts"]).replaceAll("$1", "$1::jsonb")})
      select f.object, f.problem from found f where not exists (
        select from excused m where m.check_id = f.check_id and m.expression is null and f.object like m.object_like)`,
    values: [JSON.stringify(config)],
  });
  return new Set(rows.filter((row) => !accepted(row.object)).map((row) => `${row.object}: ${row.problem}`));
}

async function firstCheck(
  queries: Queries,
  check: (id: string, name: string) => Promise<ReadonlySet<string>>,
  fault: Fault,
  clean: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<string | null> {
  const rank = (id: string) => (fault.likely.includes(id) ? fault.likely.indexOf(id) : fault.likely.length);
  for (const { id, name } of queries.checks.toSorted((one, other) => rank(one.id) - rank(other.id))) {
    const before = clean.get(name)!;
    for (const line of await check(id, name)) if (!before.has(line)) return id;
  }
  return null;
}

async function firstProbe(
  client: pg.Client,
  session: ProbeSession,
  fault: Fault,
  quiet: Map<string, ReadonlySet<string>>,
): Promise<string | null> {
  for (const { group, only } of fault.probes) {
    // What was open before the fault was planted is no kill.
    if (!quiet.has(group)) {
      await client.query("savepoint planted");
      await client.query("rollback to savepoint mutant");
      quiet.set(
        group,
        new Set((await session.run(group)).filter((one) => one.verdict !== "pass").map((one) => one.id)),
      );
      for (const statement of ["savepoint mutant", ...fault.statements]) await client.query(statement);
    }
    const found = (await session.run(group, only)).find(
      (one) => one.verdict === "fail" && !quiet.get(group)!.has(one.id),
    );
    if (found) return `probe ${found.id}`;
  }
  return null;
}

/** What `isolation drift` compares with the files. */
async function snapshot(
  client: pg.Client,
  queries: Queries,
  config: Config,
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query({
    name: "isolation_snapshot",
    text: queries.compile(["snapshot"]),
    values: [JSON.stringify(config)],
  });
  return new Map(rows.map((row) => [`${row.kind} ${row.object}`, row.state]));
}

function firstDifference(
  files: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): string | null {
  for (const [key, state] of files) if (now.get(key) !== state) return `drift ${key}`;
  for (const key of now.keys()) if (!files.has(key)) return `drift ${key}`;
  return null;
}
