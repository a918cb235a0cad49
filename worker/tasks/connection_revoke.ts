import type { JobHelpers } from "graphile-worker";
import { recordCallIn } from "../connections/calls.ts";
import { persist } from "../connections/persist.ts";
import { openCredential } from "../connections/sealing.ts";
import { type ConnectionSystem, providerOf } from "../connections/system.ts";
import type { EgressEvent, EgressScope } from "../egress/client.ts";
import { claimTicket } from "../runtime/ticket.ts";
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
    const calls: EgressEvent[] = [];
    let outcome: string | undefined;
    try {
      outcome = await revoke(system, taken, calls);
    } catch (error) {
      if (isLastTry(helpers)) outcome = "failed";
      else throw error;
    } finally {
      // One transaction: a worker that dies before it asks once more, and is then told that the grant is not known.
      await persist(ticket, async (client) => {
        for (const call of calls) await recordCallIn(client, taken.connection_id, call);
        if (outcome === undefined) return;
        await client.query("select connections.finish_revocation($1, $2)", [revocationId, outcome]);
        await ticket.finish(client);
      });
    }
  };
}

async function revoke(system: ConnectionSystem, taken: Taken, calls: EgressEvent[]): Promise<string> {
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
    onCall: (event) => void calls.push(event),
  });
  return providerOf(system, taken.provider).revoke(fetch, credential);
}

function isLastTry({ job }: JobHelpers): boolean {
  return job.attempts >= job.max_attempts;
}
