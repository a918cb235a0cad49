import type { JobHelpers } from "graphile-worker";
import type { PoolClient } from "pg";
import { TaskError } from "./errors.ts";

/** One job's right to act in one workspace. */
export interface Ticket {
  /**
   * Runs `work` in one transaction of the ticket's workspace.
   *
   * @param options.finishing keeps what would be lost otherwise: done even while the worker stops
   * @throws {TaskError} `LEASE_OVER`, `INTERRUPTED`: the job is to be tried again, and goes on where it is
   */
  transaction<Result>(
    work: (client: PoolClient) => Promise<Result>,
    options?: { readonly finishing?: boolean },
  ): Promise<Result>;
  /** Ends the ticket within a transaction of it: with the commit, the job is done. */
  finish(client: PoolClient): Promise<void>;
}

/** What a claim is good for in Postgres at most, and when this side stops by itself. */
const LEASE = "30 minutes";
const LEASE_MS = 25 * 60_000;

/**
 * Claims a ticket. A claim ends the token of an earlier one: whoever holds that, and was thought dead, writes nothing any
 * more. For the same reason a claim is never renewed here: a worker that lost its ticket must not take it back.
 *
 * @returns null when there is no such ticket any more: the job was done before, or the member it ran for is gone
 */
export async function claimTicket(helpers: JobHelpers, ticketId: string): Promise<Ticket | null> {
  let token: string;
  try {
    const { rows } = await helpers.query<{ token: string }>("select session.claim_ticket($1, $2) as token", [
      ticketId,
      LEASE,
    ]);
    token = rows[0]!.token;
  } catch (error) {
    if ((error as { code?: string }).code === "ZS006") return null;
    throw error;
  }
  const claimedAt = Date.now();
  return {
    transaction: (work, { finishing = false } = {}) =>
      helpers.withPgClient(async (client) => {
        if (helpers.abortSignal.aborted && !finishing) throw new TaskError("INTERRUPTED");
        if (Date.now() - claimedAt > LEASE_MS) throw new TaskError("LEASE_OVER");
        await client.query("begin");
        try {
          await client.query("select set_config('session.token', $1, true)", [token]);
          const result = await work(client);
          await client.query("commit");
          return result;
        } catch (error) {
          await client.query("rollback").catch(() => {});
          throw error;
        }
      }),
    async finish(client) {
      await client.query("select session.finish_ticket($1)", [ticketId]);
    },
  };
}
