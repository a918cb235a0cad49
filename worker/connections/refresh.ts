import type { PoolClient } from "pg";
import { currentKey, keyGivenUp, keyringOf } from "../crypto/current_key.ts";
import type { UnwrappedKey } from "../crypto/workspace_keys.ts";
import { EgressError } from "../egress/errors.ts";
import type { EgressEvent } from "../egress/client.ts";
import type { Credential } from "../providers/connection_provider.ts";
import { ProviderError } from "../providers/provider_error.ts";
import { TaskError, codeOf } from "../runtime/errors.ts";
import type { Ticket } from "../runtime/ticket.ts";
import { recordCallIn } from "./calls.ts";
import { type Opened, fetchFor, openConnection } from "./open.ts";
import { persist } from "./persist.ts";
import { keyVersion, revocationPart, sealCredential } from "./sealing.ts";
import { type ConnectionSystem, providerOf } from "./system.ts";

/** ms between two looks at somebody else's refresh, before jitter. */
const LOOK_MS = 100;
/** Longer than a refresher may take, so that its successor's turn is seen. */
const PATIENCE_MS = 150_000;

/**
 * The next credential of a connection. However many ask at once, in however many processes, the provider is asked once:
 * the others wait for what the one who claimed it stores. A rotated refresh token is committed before anybody uses
 * the access token that came with it.
 *
 * @throws {TaskError} `CONNECTION_ENDED`: disconnected, or the provider no longer honours it (then its owner is told)
 * @throws {ProviderError} the provider is busy or away: try the job again later
 */
export async function refreshConnection(
  system: ConnectionSystem,
  ticket: Ticket,
  opened: Opened,
): Promise<Opened> {
  const { connectionId, version } = opened;
  const patience = Date.now() + PATIENCE_MS;
  for (;;) {
    const { outcome, fence } = await ticket.transaction(async (client) => {
      const { rows } = await client.query("select * from connections.claim_refresh($1, $2)", [
        connectionId,
        version,
      ]);
      return rows[0] as { outcome: string; fence: string | null };
    });
    if (outcome === "claimed") {
      const next = await refreshAs(system, ticket, opened, fence!);
      // Stored, and not by this fence: it was another's, or ours in a commit whose answer got lost.
      if (next) return next;
      continue;
    }
    if (outcome === "changed") return openConnection(system, ticket, connectionId);
    if (outcome === "ended") throw new TaskError("CONNECTION_ENDED");
    // Asked to wait by the provider: what is still good until then is used until then.
    if (outcome === "later" && (opened.credential.expiresAt ?? 0) > Date.now()) return opened;
    if (outcome === "later" || Date.now() > patience) throw new ProviderError("PROVIDER_UNAVAILABLE");
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS * (0.5 + Math.random())));
  }
}

/**
 * The one who asks. What can fail is done before the provider is asked, the key-encryption key's service included: from
 * the answer on, there is one statement between a single-use token and its safety. The call's own audit event
 * is part of that transaction.
 */
async function refreshAs(
  system: ConnectionSystem,
  ticket: Ticket,
  opened: Opened,
  fence: string,
): Promise<Opened | null> {
  const { connectionId, version } = opened;
  const calls: EgressEvent[] = [];
  const settle = <Result>(work: (client: PoolClient) => Promise<Result>) =>
    persist(ticket, async (client) => {
      const result = await work(client);
      for (const call of calls) await recordCallIn(client, connectionId, call);
      return result;
    });
  const sealingKey = () =>
    ticket.transaction((client) => currentKey(system, keyringOf(client), opened.workspaceId, "credential"), {
      finishing: true,
    });
  let credential: Credential;
  let key: UnwrappedKey;
  let revocable: boolean;
  try {
    const provider = providerOf(system, opened.provider);
    revocable = provider.revocable;
    key = await sealingKey();
    const fetch = fetchFor(system, ticket, opened, (event) => void calls.push(event));
    ({ credential } = await provider.refresh(fetch, opened.credential));
  } catch (error) {
    if (error instanceof ProviderError && error.code === "PROVIDER_GRANT_INVALID") {
      await settle((client) => reportDeadIn(client, opened, "PROVIDER_GRANT_INVALID"));
      throw new TaskError("CONNECTION_ENDED");
    }
    const retryAfter = error instanceof ProviderError ? error.retryAfter : undefined;
    await settle((client) =>
      client.query("select connections.give_up_refresh($1, $2, $3, $4)", [
        connectionId,
        fence,
        storedCode(error),
        retryAfter ?? null,
      ]),
    );
    if (error instanceof EgressError && error.code === "EGRESS_LEASE_ENDED")
      throw new TaskError("CONNECTION_ENDED");
    throw error;
  }
  const next = { ...opened, version: version + 1, credential };
  for (;;) {
    const values = [
      connectionId,
      fence,
      next.version,
      await sealCredential(key, "connection.credential", next, credential),
      revocable ? await sealCredential(key, "connection.revocation", next, revocationPart(credential)) : null,
      keyVersion(key),
      credential.expiresAt === undefined ? null : new Date(credential.expiresAt),
    ];
    try {
      const stored = await settle(async (client) => {
        const { rows } = await client.query(
          "select connections.store_refreshed($1, $2, $3, $4, $5, $6, $7) as stored",
          values,
        );
        return rows[0].stored as boolean;
      });
      return stored ? next : null;
    } catch (error) {
      if (!keyGivenUp(error)) throw error;
      key = await sealingKey();
    }
  }
}

async function reportDeadIn(
  client: PoolClient,
  { connectionId, version }: Opened,
  code: string,
): Promise<void> {
  await client.query("select connections.report_dead($1, $2, $3)", [connectionId, version, code]);
}

/** Tells the owner that the provider no longer honours a connection. Its jobs wait for them. */
export async function reportDead(ticket: Ticket, opened: Opened, code: string): Promise<void> {
  await ticket.transaction((client) => reportDeadIn(client, opened, code));
}

/** A code as rows hold it. */
export function storedCode(error: unknown): string {
  const code = codeOf(error);
  return /^[A-Z][A-Z0-9_]{2,63}$/.test(code) ? code : "CONNECTION_ERROR";
}
