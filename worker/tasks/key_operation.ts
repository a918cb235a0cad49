import { randomBytes } from "node:crypto";
import type { PoolClient } from "pg";
import { keyVersion, openCredential, sealCredential } from "../connections/sealing.ts";
import type { ConnectionSystem } from "../connections/system.ts";
import { currentKey, keyringOf } from "../crypto/current_key.ts";
import { openContent, sealContent } from "../crypto/content.ts";
import type { WrappedKey } from "../crypto/kek.ts";
import type { UnwrappedKey } from "../crypto/workspace_keys.ts";
import { storedCode } from "../connections/refresh.ts";
import { TaskError } from "../runtime/errors.ts";
import { type Ticket, claimTicket } from "../runtime/ticket.ts";
import type { Task } from "./types.ts";

declare global {
  namespace GraphileWorker {
    interface Tasks {
      key_operation: { readonly operation_id: string; readonly ticket_id: string };
      key_rewrap: { readonly ticket_id: string };
      key_rotation: { readonly ticket_id: string; readonly purpose: "content" | "credential" };
    }
  }
}

type KeySystem = Pick<ConnectionSystem, "kek" | "workspaceKeys">;

interface Operation {
  readonly workspace_id: string;
  readonly kind: "rotate" | "rewrap" | "reencrypt";
  readonly purpose: "content" | "credential" | null;
  readonly version: number | null;
}

const BATCH = 20;

/** Work on a workspace's keys that an owner asked for. Tried again when the key service is away; goes on where it was. */
export function keyOperation(system: KeySystem): Task<"key_operation"> {
  return async ({ operation_id: operationId, ticket_id: ticketId }, helpers) => {
    const ticket = await claimTicket(helpers, ticketId);
    if (!ticket) return;
    const operation = await ticket.transaction(async (client) => {
      const { rows } = await client.query("select * from keyring.take_operation($1)", [operationId]);
      return rows[0]?.workspace_id ? (rows[0] as Operation) : null;
    });
    if (!operation) return;
    let version: number | null = null;
    try {
      if (operation.kind === "rotate") version = await rotate(system, ticket, operation);
      else if (operation.kind === "rewrap") await rewrap(system, ticket, operationId, operation.workspace_id);
      else await reencrypt(system, ticket, operationId, operation);
    } catch (error) {
      if (helpers.job.attempts < helpers.job.max_attempts) throw error;
      return finish(ticket, operationId, null, storedCode(error));
    }
    await finish(ticket, operationId, version, null);
  };
}

/** The same for the operator: every version of one workspace's keys under the current key-encryption key. */
export function keyRewrap(system: KeySystem): Task<"key_rewrap"> {
  return async ({ ticket_id: ticketId }, helpers) => {
    const ticket = await claimTicket(helpers, ticketId);
    if (!ticket) return;
    const begun = await begin(ticket, "rewrap", null);
    await rewrap(system, ticket, begun.id, begun.workspace_id);
    await finish(ticket, begun.id, null, null);
  };
}

/** A new version of one workspace's key, for the operator. */
export function keyRotation(system: KeySystem): Task<"key_rotation"> {
  return async ({ ticket_id: ticketId, purpose }, helpers) => {
    const ticket = await claimTicket(helpers, ticketId);
    if (!ticket) return;
    const begun = await begin(ticket, "rotate", purpose);
    const operation = { workspace_id: begun.workspace_id, kind: "rotate", purpose, version: null } as const;
    await finish(ticket, begun.id, await rotate(system, ticket, operation), null);
  };
}

/** Notes work that the operator, and no member, asked for. */
function begin(
  ticket: Ticket,
  kind: Operation["kind"],
  purpose: Operation["purpose"],
): Promise<{ id: string; workspace_id: string }> {
  return ticket.transaction(async (client) => {
    const { rows } = await client.query(
      "select operation_id as id, workspace_id from keyring.begin_operation($1, $2)",
      [kind, purpose],
    );
    return rows[0];
  });
}

async function finish(
  ticket: Ticket,
  operationId: string,
  version: number | null,
  code: string | null,
): Promise<void> {
  await ticket.transaction(async (client) => {
    await client.query("select keyring.finish_operation($1, $2, $3)", [operationId, version, code]);
    await ticket.finish(client);
  });
}

async function rotate(
  { kek }: KeySystem,
  ticket: Ticket,
  { workspace_id: workspaceId, purpose }: Operation,
): Promise<number> {
  const newest = await ticket.transaction(
    async (client) => (await keyringOf(client).keys(purpose!))[0]?.version ?? 0,
  );
  const version = newest + 1;
  const bytes = randomBytes(32);
  const wrapped = await kek.wrap({ workspaceId, purpose: purpose!, version }, bytes);
  bytes.fill(0);
  const added = await ticket.transaction((client) => keyringOf(client).add(purpose!, version, wrapped));
  // Somebody else added that version meanwhile: from the beginning.
  if (!added) throw new TaskError("KEY_VERSION_TAKEN");
  return version;
}

async function rewrap(
  { kek }: KeySystem,
  ticket: Ticket,
  operationId: string,
  workspaceId: string,
): Promise<void> {
  const { rows } = await ticket.transaction((client) =>
    client.query("select * from keyring.keys_to_rewrap($1)", [kek.current]),
  );
  for (const { purpose, version, kek: former, wrapped } of rows as (WrappedKey & {
    purpose: string;
    version: number;
  })[]) {
    const subject = { workspaceId, purpose, version };
    const bytes = await kek.unwrap(subject, former, wrapped);
    const next = await kek.wrap(subject, bytes);
    bytes.fill(0);
    await ticket.transaction((client) =>
      client.query("select keyring.rewrap_key($1, $2, $3, $4, $5, $6)", [
        operationId,
        purpose,
        version,
        former,
        next.kek,
        next.wrapped,
      ]),
    );
  }
}

/** Batch by batch, each one transaction: whoever goes on after a crash finds what is left. */
async function reencrypt(
  system: KeySystem,
  ticket: Ticket,
  operationId: string,
  operation: Operation,
): Promise<void> {
  await ticket.transaction((client) => client.query("select keyring.begin_reencryption($1)", [operationId]));
  for (;;) {
    if (operation.purpose === "content") {
      for (const kind of ["mail.subject", "mail.body", "mail.attachment"] as const)
        await reencryptContent(system, ticket, operationId, operation, kind);
    } else {
      while (
        await ticket.transaction((client) => reencryptCredentials(system, client, operationId, operation))
      );
    }
    const { rows } = await ticket.transaction((client) =>
      client.query("select keyring.destroy_version($1) as outcome", [operationId]),
    );
    // Stored by who had sealed it before this began: once more.
    if (rows[0].outcome !== "named") break;
  }
  system.workspaceKeys.forget(operation.workspace_id);
}

/** The keys of one purpose: the current one, and all of them to open with. */
async function keysFor(
  system: KeySystem,
  client: PoolClient,
  { workspace_id: workspaceId, version: former }: Operation,
  purpose: "content" | "credential",
): Promise<{ key: UnwrappedKey; wrapped: Record<number, WrappedKey> }> {
  const keyring = keyringOf(client);
  const key = await currentKey(system, keyring, workspaceId, purpose);
  if (keyVersion(key) === former) throw new TaskError("KEY_NOT_SUPERSEDED");
  return {
    key,
    wrapped: Object.fromEntries((await keyring.keys(purpose)).map((one) => [one.version, one])),
  };
}

async function reencryptContent(
  system: KeySystem,
  ticket: Ticket,
  operationId: string,
  operation: Operation,
  kind: "mail.subject" | "mail.body" | "mail.attachment",
): Promise<void> {
  const { workspace_id: workspaceId, version } = operation;
  let after: string | null = null;
  do {
    after = await ticket.transaction(async (client) => {
      const { rows } = await client.query("select * from keyring.content_to_reseal($1, $2, $3, $4)", [
        operationId,
        kind,
        after,
        // Attachments can be many megabytes each.
        kind === "mail.attachment" ? 2 : BATCH,
      ]);
      if (rows.length === 0) return null;
      const { key, wrapped } = await keysFor(system, client, operation, "content");
      for (const { row_id: id, sealed } of rows as { row_id: string; sealed: string }[]) {
        const binding = { workspaceId, kind, id };
        const lookup = () =>
          system.workspaceKeys.get(
            { workspaceId, purpose: "content", version: version! },
            wrapped[version!]!,
          );
        const bytes = await openContent(lookup, binding, sealed);
        const next = await sealContent(key, binding, bytes);
        bytes.fill(0);
        await client.query("select keyring.store_resealed_content($1, $2, $3, $4, $5)", [
          operationId,
          kind,
          id,
          sealed,
          next,
        ]);
      }
      return rows.at(-1).row_id as string;
    });
  } while (after !== null);
}

/** @returns how many were sealed anew */
async function reencryptCredentials(
  system: KeySystem,
  client: PoolClient,
  operationId: string,
  operation: Operation,
): Promise<number> {
  const { rows } = await client.query("select * from keyring.credentials_to_reseal($1, $2)", [
    operationId,
    BATCH,
  ]);
  if (rows.length === 0) return 0;
  const { key, wrapped } = await keysFor(system, client, operation, "credential");
  for (const row of rows) {
    const place = {
      workspaceId: operation.workspace_id,
      connectionId: row.connection_id as string,
      personId: row.person_id as string,
      provider: row.provider as string,
      version: row.version as number,
    };
    const reseal = async (use: "connection.credential" | "connection.revocation", sealed: string | null) =>
      sealed && sealCredential(key, use, place, await openCredential(system, use, place, wrapped, sealed));
    await client.query("select keyring.store_resealed($1, $2, $3, $4, $5, $6)", [
      operationId,
      row.credential_id,
      row.sealed ?? row.sealed_revocation,
      await reseal("connection.credential", row.sealed as string | null),
      await reseal("connection.revocation", row.sealed_revocation as string | null),
      keyVersion(key),
    ]);
  }
  return rows.length;
}
