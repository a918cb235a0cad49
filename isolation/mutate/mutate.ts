import { IsolationError, readOnly } from "../connect.ts";
import { coverage } from "../check.ts";
import { loadQueries } from "../queries.ts";
import { withScratch } from "../../database/scratch.ts";
import type { Command, Mutant } from "../types.ts";
import { mutateDatabase, type MutateOptions } from "./run.ts";

/** How many faults the quick mode plants: a sample of every kind within three minutes. */
const quickSample = 300;

/**
 * The command `mutate`: deploys the checked-out files into a scratch database and plants one fault at a time in it. Every
 * fault must be found by a check or a probe; what survives fails the run.
 *
 * `--quick` plants a sample of every kind, `--sample N` one of another size, `--seed N` another draw, `--only TEXT` the
 * faults whose id has the text in it.
 */
export const mutate: Command = async ({ adminUrl, config, baseline, progress, rest }) => {
  const options = parse(rest);
  const queries = await loadQueries();
  return withScratch(adminUrl, progress, async (scratch) => {
    const looked = await readOnly(scratch.adminUrl, (client) => coverage(client, queries, config));
    const mutants = await mutateDatabase(scratch.adminUrl, config, { ...options, baseline, progress });
    for (const line of summary(mutants)) progress(line);
    return {
      coverage: looked,
      mutants,
      problems: mutants.length === 0 ? ["not one fault was planted"] : [],
    };
  });
};

/** Killed and survived by kind of fault, and what killed. */
export function summary(mutants: readonly Mutant[]): string[] {
  const killers = new Map<string, number>();
  for (const one of mutants) {
    const killer =
      one.killedBy === null
        ? one.equivalent === undefined
          ? "survived"
          : "equivalent, proven"
        : /^(probe|drift)? ?\S*/.exec(one.killedBy)![0];
    const name = killer.startsWith("drift") ? "drift" : killer;
    killers.set(name, (killers.get(name) ?? 0) + 1);
  }
  const counted = mutants.filter((one) => one.equivalent === undefined);
  const killed = counted.filter((one) => one.killedBy !== null).length;
  return [
    `${killed} of ${counted.length} killed (${counted.length === 0 ? 0 : Math.floor((1000 * killed) / counted.length) / 10} %), ${mutants.length - counted.length} equivalent`,
    [...killers]
      .sort((one, other) => other[1] - one[1])
      .map(([name, count]) => `${name}: ${count}`)
      .join(", "),
  ];
}

function parse(rest: readonly string[]): MutateOptions {
  let options: MutateOptions = {};
  for (let index = 0; index < rest.length; index++) {
    const arg = rest[index]!;
    const value = () => {
      const next = rest[++index];
      if (next === undefined) throw new IsolationError("ISOLATION_USAGE", `${arg} needs a value`);
      return next;
    };
    const count = () => {
      const number = Number(value());
      if (!Number.isInteger(number) || number < 1)
        throw new IsolationError("ISOLATION_USAGE", `${arg} needs a whole number from 1 on`);
      return number;
    };
    if (arg === "--quick") options = { sample: quickSample, ...options };
    else if (arg === "--sample") options = { ...options, sample: count() };
    else if (arg === "--seed") options = { ...options, seed: count() };
    else if (arg === "--only") options = { ...options, only: value() };
    else throw new IsolationError("ISOLATION_USAGE", `mutate does not know ${arg}`);
  }
  return options;
}
