import { setTimeout as sleep } from "node:timers/promises";
import type { PoolClient } from "pg";
import { TaskError } from "../runtime/errors.ts";
import type { Ticket } from "../runtime/ticket.ts";

/** ms for which storing is tried again: with the call's own 30 s, no longer than `connections.claim_refresh` gives. */
const PATIENCE_MS = 45_000;

/**
 * Stores what a provider has given once and may never give again. A database that restarts, fails over or drops the
 * connection must not cost anybody their connection, so it is tried again as long as nobody else may take over; a worker
 * that was told to stop stores first.
 *
 * @throws what the last try met; a refusal of the database's own functions (SQLSTATE `Z…`) at once
 */
export async function persist<Result>(
  ticket: Ticket,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  const until = Date.now() + PATIENCE_MS;
  for (let wait = 20; ; wait = Math.min(wait * 2, 2_000)) {
    try {
      return await ticket.transaction(work, { finishing: true });
    } catch (error) {
      const refused = /^Z[A-Z]\d{3}$/.test(String((error as { code?: unknown } | null)?.code));
      if (refused || error instanceof TaskError || Date.now() + wait > until) throw error;
      await sleep(wait);
    }
  }
}
