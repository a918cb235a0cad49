import { setTimeout as sleep } from "node:timers/promises";
import type { Task } from "graphile-worker";
import type { PoolClient } from "pg";
import type { NotaryKey } from "../../audit/signatures.ts";
import { attest } from "../audit/attest.ts";
import { sealEvents } from "../audit/seal.ts";
import { sealSubjects } from "../audit/subjects.ts";
import type { WorkerContext } from "../runtime/context.ts";

declare global {
  namespace GraphileWorker {
    interface Tasks {
      /** notary */
      seal: unknown;
      /** notary */
      attest: unknown;
    }
  }
}

/** Every minute a job that seals each second until the next one; each ten minutes a root over all chains. */
export const notaryCrontab = [
  "* * * * * seal ?max=5&jobKey=seal",
  "*/10 * * * * attest ?max=1&jobKey=attest",
].join("\n");

const ROUND_MS = 1_000;
const MINUTE_MS = 60_000;

/**
 * Seals what was committed, a round each second until the minute is over: the next minute has its own job. So the unsealed tail is
 * a second or two, whatever is written; and at most a minute where a notary died and another one is there.
 *
 * Several may run at once, in one process or many: of two rounds at a time Postgres lets one through, and the other had nothing to do.
 */
export function sealTask({
  notaryKey,
  kek,
}: Pick<WorkerContext, "kek"> & { readonly notaryKey: NotaryKey }): Task<"seal"> {
  return async (_payload, helpers) => {
    const until = (Math.floor(Date.now() / MINUTE_MS) + 1) * MINUTE_MS;
    await helpers.query("select audit.ensure_partitions()");
    await helpers.query("select audit.report_contextless()");
    while (Date.now() < until && !helpers.abortSignal.aborted) {
      const started = Date.now();
      const events = await helpers.withPgClient((client) => sealRound(client, notaryKey));
      await helpers.withPgClient((client) => sealSubjects(client, kek));
      if (events > 0) await helpers.query("select audit.summarize()");
      await sleep(Math.max(0, ROUND_MS - (Date.now() - started)), undefined, {
        signal: helpers.abortSignal,
      }).catch(() => {});
    }
    // Stopped before its time: another notary, or this one when it is back, goes on at once.
    if (helpers.abortSignal.aborted) await helpers.addJob("seal", {}, { jobKey: "seal" });
  };
}

/** @returns how many events were sealed; none where another notary was faster */
async function sealRound(client: PoolClient, key: NotaryKey): Promise<number> {
  try {
    return (await sealEvents(client, key)).events;
  } catch (error) {
    if (OVERTAKEN.has((error as { code?: string }).code ?? "")) return 0;
    throw error;
  }
}

/** Serialization failure: the other one moved the mark. */
const OVERTAKEN = new Set(["40001", "40P01"]);

/** Signs one root over the heads of all workspaces. */
export function attestTask({ notaryKey }: { readonly notaryKey: NotaryKey }): Task<"attest"> {
  return async (_payload, helpers) => {
    await helpers.withPgClient((client) => attest(client, notaryKey));
  };
}
