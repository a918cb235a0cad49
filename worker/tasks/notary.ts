import { setTimeout as sleep } from "node:timers/promises";
import type { Task } from "graphile-worker";
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
  "* * * * * seal ?max=1&jobKey=seal",
  "*/10 * * * * attest ?max=1&jobKey=attest",
].join("\n");

const ROUND_MS = 1_000;
const ROUNDS_MS = 59_000;

/** Seals what was committed, a round each second. So the unsealed tail is a second or two, whatever is written. */
export function sealTask({
  notaryKey,
  kek,
}: Pick<WorkerContext, "kek"> & { readonly notaryKey: NotaryKey }): Task<"seal"> {
  return async (_payload, helpers) => {
    const until = Date.now() + ROUNDS_MS;
    await helpers.query("select audit.ensure_partitions()");
    while (Date.now() < until && !helpers.abortSignal.aborted) {
      const started = Date.now();
      const { events } = await helpers.withPgClient((client) => sealEvents(client, notaryKey));
      await helpers.withPgClient((client) => sealSubjects(client, kek));
      if (events > 0) await helpers.query("select audit.summarize()");
      await sleep(Math.max(0, ROUND_MS - (Date.now() - started)), undefined, {
        signal: helpers.abortSignal,
      }).catch(() => {});
    }
  };
}

/** Signs one root over the heads of all workspaces. */
export function attestTask({ notaryKey }: { readonly notaryKey: NotaryKey }): Task<"attest"> {
  return async (_payload, helpers) => {
    await helpers.withPgClient((client) => attest(client, notaryKey));
  };
}
