import type { Task } from "graphile-worker";
import { TaskError } from "../runtime/errors.ts";
import { type Ticket, claimTicket } from "../runtime/ticket.ts";

/** The payload of every job that uses a connection. */
export interface ConnectionJob {
  readonly job_id: string;
  readonly connection_id: string;
  readonly ticket_id: string;
}

/**
 * A task that uses a connection. When the connection has ended, the job in the queue has too: the database holds it for
 * the owner's return, or has cancelled it. Everything else that goes wrong is tried again.
 */
export function connectionJob(work: (ticket: Ticket, connectionId: string) => Promise<void>): Task<any> {
  return async (
    { job_id: jobId, connection_id: connectionId, ticket_id: ticketId }: ConnectionJob,
    helpers,
  ) => {
    const ticket = await claimTicket(helpers, ticketId);
    if (!ticket) return;
    try {
      await work(ticket, connectionId);
    } catch (error) {
      if (!(error instanceof TaskError && error.code === "CONNECTION_ENDED")) throw error;
    }
    await ticket.transaction(async (client) => {
      await client.query("select connections.finish_job($1)", [jobId]);
      await ticket.finish(client);
    });
  };
}
