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
const perTransaction = { checks: 250, probes: 120 };

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
    const found = new Map<string, Hunted>();
    const started = Date.now();
    const phase = async (title: string, list: readonly Fault[], open: Opening, size: number) => {
      let done = 0;
      for (let from = 0; from < list.length; from += size) {
        await client.query("begin");
        const hunt = await open();
        for (const fault of list.slice(from, from + size)) {
          const hunted = await hunt(fault);
          const proof = hunted.killedBy === null && !hunted.unplanted ? equivalence(fault.id) : null;
          found.set(fault.id, proof === null ? hunted : { ...hunted, equivalent: proof });
        }
        await client.query("rollback");
        done = Math.min(from + size, list.length);
        const survived = list
          .slice(0, done)
          .filter(({ id }) => found.get(id)!.killedBy === null && found.get(id)!.equivalent === undefined);
        progress(
          `${title}: ${done} of ${list.length}, ${survived.length} not found (${Math.round((Date.now() - started) / 1000)} s)`,
        );
      }
    };
    const batches = together(chosen);
    for (const batch of batches) {
      await client.query("begin");
      for (const [fault, id] of await findTogether(client, queries, config, options.baseline ?? [], batch))
        found.set(fault.id, { id: fault.id, description: fault.description, killedBy: id });
      // What changes nothing, and no check found, is not planted again.
      for (const { id, description } of batch) {
        const proof = found.has(id) ? null : equivalence(id);
        if (proof !== null) found.set(id, { id, description, killedBy: null, equivalent: proof });
      }
      await client.query("rollback");
    }
    if (batches.length > 0)
      progress(
        `planted together: ${found.size} settled of ${batches.flat().length} in ${batches.length} runs (${Math.round((Date.now() - started) / 1000)} s)`,
      );
    // Synthetic tenants cost more than all checks: only what no check finds is planted beside them.
    await phase(
      "static checks",
      chosen.filter(({ id }) => !found.has(id)),
      () => openChecks(client, queries, config, options.baseline ?? []),
      perTransaction.checks,
    );
    const left = chosen.filter(
      ({ id }) =>
        found.get(id)!.killedBy === null &&
        !found.get(id)!.unplanted &&
        found.get(id)!.equivalent === undefined,
    );
    await phase("probes", left, () => openHunt(client, queries, config), perTransaction.probes);
    const mutants = chosen.map(({ id }) => found.get(id)!);
    return mutants;
  } finally {
    await client.end().catch(() => {});
  }
}

/** Faults of one kind, each about a table or function of its own, in lists worth a run of their own. */
export function together(faults: readonly Fault[]): Fault[][] {
  const batches = new Map<string, Fault[]>();
  for (const fault of faults) {
    if (fault.about === undefined) continue;
    const kind = fault.id.replace(/ .*?( to \S+)?$/, "$1");
    for (let round = 0; ; round++) {
      const batch = batches.get(`${kind} ${round}`) ?? [];
      if (batch.some((one) => one.about === fault.about)) continue;
      batches.set(`${kind} ${round}`, [...batch, fault]);
      break;
    }
  }
  return [...batches.values()].filter((batch) => batch.length > 2);
}

/** Plants a whole list and asks all checks once: a fault is found by a finding that names what it is about. */
async function findTogether(
  client: pg.Client,
  queries: Queries,
  config: Config,
  baseline: readonly BaselineEntry[],
  batch: readonly Fault[],
): Promise<Map<Fault, string>> {
  await client.query("set local search_path = pg_catalog; set local jit = off");
  const rows = async () => {
    const { rows: all } = await client.query<{ check_id: string; object: string; problem: string }>(
      queries.compile(["all_findings"]),
      [JSON.stringify(config)],
    );
    return all.filter((row) => !baseline.some((one) => isAbout(one, row.check_id, row.object)));
  };
  const line = (row: { check_id: string; object: string; problem: string }) =>
    `${row.check_id} ${row.object}: ${row.problem}`;
  const clean = new Set((await rows()).map(line));
  const planted: Fault[] = [];
  for (const fault of batch) {
    await client.query("savepoint one");
    try {
      for (const statement of fault.statements) await client.query(statement);
      planted.push(fault);
    } catch {
      // It gets its turn by itself, and says then why it could not be planted.
      await client.query("rollback to savepoint one");
    }
    await client.query("release savepoint one");
  }
  const fresh = (await rows()).filter((row) => !clean.has(line(row)));
  const found = new Map<Fault, string>();
  for (const fault of planted) {
    const by = fresh.find((row) => row.object === fault.about || row.object.startsWith(`${fault.about}.`));
    if (by) found.set(fault, by.check_id);
  }
  return found;
}

type Hunt = (fault: Fault) => Promise<Hunted>;
type Opening = () => Promise<Hunt>;

/** A mutant, and whether it could not even be planted. */
interface Hunted extends Mutant {
  readonly unplanted?: true;
}

/** Plants a fault, asks who finds it, and undoes it. */
async function planted(
  client: pg.Client,
  fault: Fault,
  killer: () => Promise<string | null>,
): Promise<Hunted> {
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
        unplanted: true,
      };
    }
    return { ...result, killedBy: await killer() };
  } finally {
    await client.query("rollback to savepoint mutant");
    await client.query("release savepoint mutant");
  }
}

/** Asks the static checks: the likeliest one by one, then all of them as one statement, which computes each fact once. */
async function openChecks(
  client: pg.Client,
  queries: Queries,
  config: Config,
  baseline: readonly BaselineEntry[],
): Promise<Hunt> {
  await client.query("set local search_path = pg_catalog");
  await client.query("set local jit = off");
  await client.query("set local plan_cache_mode = force_generic_plan");
  const model = [JSON.stringify(config)];
  const lines = async (name: string, text: string): Promise<Set<string>> => {
    const { rows } = await client.query({ name, text, values: model });
    return new Set(
      rows
        .filter((row) => !baseline.some((one) => isAbout(one, row.check_id, row.object)))
        .map((row) => `${row.check_id} ${row.object}: ${row.problem}`),
    );
  };
  const everything = () => lines("isolation_all", queries.compile(["all_findings"]));
  const clean = await everything();
  const texts = new Map(
    queries.checks.map(({ id, name }) => [
      id,
      {
        name: `isolation_${name}`,
        text: `with found as (${queries.compile([name])}), excused as (${queries.compile(["meant_facts"]).replaceAll("$1", "$1::jsonb")})
          select f.check_id, f.object, f.problem from found f where not exists (
            select from excused m where m.check_id = f.check_id and m.expression is null and f.object like m.object_like)`,
      },
    ]),
  );
  return (fault) =>
    planted(client, fault, async () => {
      for (const id of fault.likely) {
        const check = texts.get(id);
        if (!check) continue;
        for (const line of await lines(check.name, check.text)) if (!clean.has(line)) return id;
      }
      for (const line of await everything()) if (!clean.has(line)) return line.split(" ")[0]!;
      return null;
    });
}

/** Asks the probes, and for what leaves no tenant open the comparison with the files. */
async function openHunt(client: pg.Client, queries: Queries, config: Config): Promise<Hunt> {
  const session = await openProbes(client, config);
  await client.query("set local plan_cache_mode = force_generic_plan");
  const files = await snapshot(client, queries, config);
  const quiet = new Map<string, ReadonlySet<string>>();
  return (fault) =>
    planted(
      client,
      fault,
      async () =>
        // The comparison costs a tenth of the probes.
        (fault.harmless ? firstDifference(files, await snapshot(client, queries, config)) : null) ??
        (await firstProbe(client, session, fault, quiet)),
    );
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
