import type { JobHelpers } from "graphile-worker";
import type pg from "pg";
import { createWorkspaceKeys } from "../../worker/crypto/workspace_keys.ts";
import { type ConnectionSystem, createConnectionSystem } from "../../worker/connections/system.ts";
import { type Ticket, claimTicket } from "../../worker/runtime/ticket.ts";
import type { SignedIn } from "../helpers/people.ts";
import type { ConnectionsSystem, Seen } from "./system.ts";

/** A job in the test's own hands instead of the worker's. */
export interface HeldJob {
  readonly ticket: Ticket;
  readonly jobId: string;
  readonly ticketId: string;
}

/** Jobs that the test runs itself, in memory of their own. */
export function jobsOf({ database, settings, keys }: ConnectionsSystem) {
  const admin = database.pool("postgres", { max: 2 });
  const pools = {
    crm: database.pool("bulkhead_crm", { max: 20 }),
    mail_sync: database.pool("bulkhead_mail_sync", { max: 20 }),
  };

  /** A worker process of its own, as far as memory goes. */
  function anotherWorker(kek = keys.kek): ConnectionSystem {
    return createConnectionSystem(settings, {
      keys: keys.keys,
      kek,
      workspaceKeys: createWorkspaceKeys({ kek }),
    });
  }

  /** A job that may use a connection, as `connections.enqueue_job` makes it, but in no queue. */
  async function jobFor(person: SignedIn, connection: Seen, task = "held_by_the_test"): Promise<HeldJob> {
    const service = serviceOf(connection.provider);
    const { rows } = await admin.query(
      `with ticket as (
         insert into session.tickets (service, workspace_id, membership_id, person_id, role_key, membership_status)
         select $1, m.workspace_id, m.id, m.person_id, m.role_key, m.status from tenancy.memberships m where m.id = $2
         returning id, workspace_id
       )
       insert into connections.jobs (workspace_id, connection_id, service, task, ticket_id)
       select t.workspace_id, $3, $1, $4, t.id from ticket t returning id, ticket_id`,
      [service, person.membershipId, connection.id, task],
    );
    return {
      ticket: await claim(service, rows[0].ticket_id),
      jobId: rows[0].id,
      ticketId: rows[0].ticket_id,
    };
  }

  /** A ticket of a service for a person's workspace, without a job of a connection. */
  async function strayTicket(service: "crm" | "mail_sync", person: SignedIn): Promise<Ticket> {
    const { rows } = await admin.query(
      `insert into session.tickets (service, workspace_id, membership_id, person_id, role_key, membership_status)
       select $1, m.workspace_id, m.id, m.person_id, m.role_key, m.status from tenancy.memberships m where m.id = $2
       returning id`,
      [service, person.membershipId],
    );
    return claim(service, rows[0].id);
  }

  async function claim(service: "crm" | "mail_sync", ticketId: string): Promise<Ticket> {
    return (await claimTicket(helpersOf(pools[service]), ticketId))!;
  }

  return { admin, anotherWorker, jobFor, strayTicket };
}

/** Which service holds a provider's connections. */
export function serviceOf(provider: string): "crm" | "mail_sync" {
  return ["salesforce", "gong", "granola"].includes(provider) ? "crm" : "mail_sync";
}

function helpersOf(pool: pg.Pool): JobHelpers {
  return {
    query: (text: string, values: unknown[]) => pool.query(text, values),
    async withPgClient(work: (client: pg.PoolClient) => Promise<unknown>) {
      const client = await pool.connect();
      try {
        return await work(client);
      } finally {
        client.release();
      }
    },
    abortSignal: new AbortController().signal,
  } as unknown as JobHelpers;
}
