import { claimTicket } from "../runtime/ticket.ts";
import type { Task } from "./types.ts";

declare global {
  namespace GraphileWorker {
    interface Tasks {
      connection_revoked: { readonly connection_id: string; readonly ticket_id: string };
    }
  }
}

/** A provider has said that a grant is over: the credential goes, the jobs wait, the owner is told. */
export const connectionRevoked: Task<"connection_revoked"> = async (
  { connection_id: connectionId, ticket_id: ticketId },
  helpers,
) => {
  const ticket = await claimTicket(helpers, ticketId);
  await ticket?.transaction(async (client) => {
    await client.query("select connections.report_revocation($1, $2)", [
      connectionId,
      "PROVIDER_GRANT_INVALID",
    ]);
    await ticket.finish(client);
  });
};
