import type { JobHelpers } from "graphile-worker";
import { recordCall } from "../connections/calls.ts";
import { openCredential } from "../connections/sealing.ts";
import { type ConnectionSystem, providerOf } from "../connections/system.ts";
import type { EgressScope } from "../egress/client.ts";
import { type Ticket, claimTicket } from "../runtime/ticket.ts";
import type { Task } from "./types.ts";

declare global {
  namespace GraphileWorker {
    interface Tasks {
      connection_revoke: { readonly revocation_id: string; readonly ticket_id: string };
    }
  }
}

interface Taken {
  readonly workspace_id: string;
  readonly connection_id: string;
  readonly person_id: string;
  readonly provider: string;
  readonly profile: string;
  readonly version: number;
  readonly sealed_revocation: string;
  readonly keys: Record<number, { kek: string; wrapped: string }>;
}

/**
 * Gives a grant back at its provider, again and again until that confirms, or says that it does not know it. With the
 * last try the grant is forgotten all the same: what cannot be given back is not kept for ever.
 */
export function connectionRevoke(system: ConnectionSystem): Task<"connection_revoke"> {
  return async ({ revocation_id: revocationId, ticket_id: ticketId }, helpers) => {
    const ticket = await claimTicket(helpers, ticketId);
    if (!ticket) return;
    const taken = await ticket.transaction(async (client) => {
      const { rows } = await client.query("select * from connections.take_revocation($1)", [revocationId]);
      return rows[0]?.workspace_id ? (rows[0] as Taken) : null;
    });
    if (!taken) return;
    let outcome: string;
    try {
      outcome = await revoke(system, ticket, taken);
    } catch (error) {
      if (!isLastTry(helpers)) throw error;
      outcome = "failed";
    }
    await ticket.transaction(async (client) => {
      await client.query("select connections.finish_revocation($1, $2)", [revocationId, outcome]);
      await ticket.finish(client);
    });
  };
}

async function revoke(system: ConnectionSystem, ticket: Ticket, taken: Taken): Promise<string> {
  const place = {
    workspaceId: taken.workspace_id,
    connectionId: taken.connection_id,
    personId: taken.person_id,
    provider: taken.provider,
    version: taken.version,
  };
  const credential = await openCredential(
    system,
    "connection.revocation",
    place,
    taken.keys,
    taken.sealed_revocation,
  );
  const fetch = system.egress.fetch({
    provider: taken.provider as EgressScope["provider"],
    profile: taken.profile,
    onCall: (event) => recordCall(ticket, taken.connection_id, event),
  });
  return providerOf(system, taken.provider).revoke(fetch, credential);
}

function isLastTry({ job }: JobHelpers): boolean {
  return job.attempts >= job.max_attempts;
}
