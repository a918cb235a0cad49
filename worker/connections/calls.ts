import type { EgressEvent } from "../egress/client.ts";
import type { Ticket } from "../runtime/ticket.ts";

/** Writes one call to a provider into the audit log. */
export async function recordCall(
  ticket: Ticket,
  connectionId: string,
  event: Omit<EgressEvent, "provider"> & { provider: string },
): Promise<void> {
  await ticket.transaction((client) =>
    client.query("select connections.record_call($1, $2, $3, $4, $5, $6)", [
      connectionId,
      event.provider,
      event.operation,
      event.success,
      event.errorCode,
      event.durationMs,
    ]),
  );
}
