import type { PoolClient } from "pg";
import type { EgressEvent } from "../egress/client.ts";
import type { Ticket } from "../runtime/ticket.ts";

/** Writes one call to a provider into the audit log, within a transaction. */
export async function recordCallIn(
  client: PoolClient,
  connectionId: string,
  event: EgressEvent,
): Promise<void> {
  await client.query("select connections.record_call($1, $2, $3, $4, $5, $6)", [
    connectionId,
    event.provider,
    event.operation,
    event.success,
    event.errorCode,
    event.durationMs,
  ]);
}

/** The same in a transaction of its own. */
export async function recordCall(ticket: Ticket, connectionId: string, event: EgressEvent): Promise<void> {
  await ticket.transaction((client) => recordCallIn(client, connectionId, event), { finishing: true });
}
