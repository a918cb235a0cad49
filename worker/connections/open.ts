import { EgressError } from "../egress/errors.ts";
import type { EgressEvent, EgressScope, GuardedFetch } from "../egress/client.ts";
import type { Credential } from "../providers/connection_provider.ts";
import { TaskError } from "../runtime/errors.ts";
import type { Ticket } from "../runtime/ticket.ts";
import { recordCall } from "./calls.ts";
import { openCredential } from "./sealing.ts";
import type { ConnectionSystem } from "./system.ts";

/** An opened connection. In memory only, for the job that opened it. */
export interface Opened {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly personId: string;
  readonly provider: string;
  readonly profile: string;
  readonly version: number;
  readonly credential: Credential;
}

/**
 * Opens a connection for the job in hand. Postgres decides: the ticket must be that of a job for this very connection,
 * its person still a member, the connection connected; and it writes down that it was opened.
 *
 * @throws {TaskError} `CONNECTION_ENDED`
 */
export async function openConnection(
  system: ConnectionSystem,
  ticket: Ticket,
  connectionId: string,
): Promise<Opened> {
  const row = await ticket.transaction(async (client) => {
    const { rows } = await client.query("select * from connections.open_credential($1)", [connectionId]);
    return rows[0] as Record<string, any>;
  });
  if (!row?.sealed) throw new TaskError("CONNECTION_ENDED");
  const place = {
    workspaceId: row.workspace_id as string,
    connectionId,
    personId: row.person_id as string,
    provider: row.provider as string,
    version: row.version as number,
  };
  const wrapped = { [row.key_version as number]: { kek: row.kek as string, wrapped: row.wrapped as string } };
  const credential = await openCredential(
    system,
    "connection.credential",
    place,
    wrapped,
    row.sealed as string,
  );
  return { ...place, profile: row.profile as string, credential };
}

/**
 * A `fetch` for one opened connection: Postgres is asked once more right before each call, and told of it after.
 *
 * @param onCall takes the telling over: for what has to be stored together with the call's event
 */
export function fetchFor(
  system: ConnectionSystem,
  ticket: Ticket,
  opened: Pick<Opened, "connectionId" | "provider" | "profile">,
  onCall: (event: EgressEvent) => void | Promise<void> = (event) =>
    recordCall(ticket, opened.connectionId, event),
): GuardedFetch {
  return system.egress.fetch({
    provider: opened.provider as EgressScope["provider"],
    profile: opened.profile,
    ...guardFor(ticket, opened),
    onCall,
  });
}

/** The same two duties for a connection that is not used by HTTP. */
export function guardFor(
  ticket: Ticket,
  { connectionId }: Pick<Opened, "connectionId">,
): Required<Pick<EgressScope, "confirm" | "onCall">> {
  return {
    async confirm() {
      const { rows } = await ticket.transaction((client) =>
        client.query("select connections.usable($1) as usable", [connectionId]),
      );
      if (rows[0]?.usable !== true) throw new EgressError("EGRESS_LEASE_ENDED");
    },
    onCall: (event) => recordCall(ticket, connectionId, event),
  };
}
