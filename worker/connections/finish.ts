import type { PoolClient } from "pg";
import { currentKey, keyGivenUp, keyringOf } from "../crypto/current_key.ts";
import type { Account, Credential } from "../providers/connection_provider.ts";
import type { Ticket } from "../runtime/ticket.ts";
import { persist } from "./persist.ts";
import { grantHash, keyVersion, revocationPart, sealCredential } from "./sealing.ts";
import type { ConnectionSystem } from "./system.ts";

/** A row of `connections.pending_connection`. */
export interface Pending {
  readonly workspace_id: string;
  readonly person_id: string;
  readonly provider: string;
  readonly profile: string;
}

/** What a provider has given, and whose it is. */
export interface Found {
  readonly account: Account;
  readonly scopes: readonly string[];
  readonly credential: Credential;
  readonly revocable: boolean;
}

/** Seals a new credential and stores it; with the commit, the connection is connected and the job is done. */
export async function finishConnection(
  system: ConnectionSystem,
  ticket: Ticket,
  connectionId: string,
  pending: Pending,
  found: Found,
): Promise<void> {
  for (;;) {
    try {
      return await persist(ticket, (client) =>
        finishIn(client, system, ticket, connectionId, pending, found),
      );
    } catch (error) {
      // Sealed anew, under the version that is current now.
      if (!keyGivenUp(error)) throw error;
    }
  }
}

async function finishIn(
  client: PoolClient,
  system: ConnectionSystem,
  ticket: Ticket,
  connectionId: string,
  pending: Pending,
  { account, scopes, credential, revocable }: Found,
): Promise<void> {
  const key = await currentKey(system, keyringOf(client), pending.workspace_id, "credential");
  const { rows } = await client.query("select * from connections.settle_account($1, $2)", [
    connectionId,
    account.id,
  ]);
  const { target_id: targetId, version } = rows[0] as { target_id: string; version: number };
  const place = {
    workspaceId: pending.workspace_id,
    connectionId: targetId,
    personId: pending.person_id,
    provider: pending.provider,
    version,
  };
  await client.query("select connections.store_credential($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", [
    connectionId,
    targetId,
    version,
    account.id,
    account.label,
    scopes,
    await sealCredential(key, "connection.credential", place, credential),
    revocable ? await sealCredential(key, "connection.revocation", place, revocationPart(credential)) : null,
    keyVersion(key),
    credential.expiresAt === undefined ? null : new Date(credential.expiresAt),
    credential.grantId === undefined ? null : grantHash(pending.provider, credential.grantId),
  ]);
  await client.query("select session.end_connection_attempt()");
  await ticket.finish(client);
}

/** Says why a connection did not come about; the job is done. */
export async function failConnection(ticket: Ticket, connectionId: string, code: string): Promise<void> {
  await ticket.transaction(
    async (client) => {
      await client.query("select connections.fail_connection($1, $2)", [connectionId, code]);
      await client.query("select session.end_connection_attempt()");
      await ticket.finish(client);
    },
    { finishing: true },
  );
}

/** The connection that a task is to finish, if it still waits for that. */
export async function pendingConnection(ticket: Ticket, connectionId: string): Promise<Pending | null> {
  const { rows } = await ticket.transaction((client) =>
    client.query("select * from connections.pending_connection($1)", [connectionId]),
  );
  return rows[0]?.workspace_id ? (rows[0] as Pending) : null;
}
