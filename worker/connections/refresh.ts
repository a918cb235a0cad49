import { currentKey, keyringOf } from "../crypto/current_key.ts";
import { EgressError } from "../egress/errors.ts";
import type { Credential } from "../providers/connection_provider.ts";
import { ProviderError } from "../providers/provider_error.ts";
import { TaskError, codeOf } from "../runtime/errors.ts";
import type { Ticket } from "../runtime/ticket.ts";
import { type Opened, fetchFor, openConnection } from "./open.ts";
import { keyVersion, revocationPart, sealCredential } from "./sealing.ts";
import { type ConnectionSystem, providerOf } from "./system.ts";

/** ms between two looks at somebody else's refresh, before jitter. */
const LOOK_MS = 100;
/** Longer than a refresher may take, so that its successor's turn is seen. */
const PATIENCE_MS = 90_000;

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
    if (outcome === "claimed") return refreshAs(system, ticket, opened, fence!);
    if (outcome === "changed") return openConnection(system, ticket, connectionId);
    if (outcome === "ended") throw new TaskError("CONNECTION_ENDED");
    // Asked to wait by the provider: what is still good until then is used until then.
    if (outcome === "later" && (opened.credential.expiresAt ?? 0) > Date.now()) return opened;
    if (outcome === "later" || Date.now() > patience) throw new ProviderError("PROVIDER_UNAVAILABLE");
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS * (0.5 + Math.random())));
  }
}

async function refreshAs(
  system: ConnectionSystem,
  ticket: Ticket,
  opened: Opened,
  fence: string,
): Promise<Opened> {
  const { connectionId, version } = opened;
  const provider = providerOf(system, opened.provider);
  let credential: Credential;
  try {
    ({ credential } = await provider.refresh(fetchFor(system, ticket, opened), opened.credential));
  } catch (error) {
    const dead = error instanceof ProviderError && error.code === "PROVIDER_GRANT_INVALID";
    if (dead) {
      await reportDead(ticket, opened, "PROVIDER_GRANT_INVALID");
      throw new TaskError("CONNECTION_ENDED");
    }
    if (error instanceof EgressError && error.code === "EGRESS_LEASE_ENDED")
      throw new TaskError("CONNECTION_ENDED");
    const retryAfter = error instanceof ProviderError ? error.retryAfter : undefined;
    await ticket.transaction((client) =>
      client.query("select connections.give_up_refresh($1, $2, $3, $4)", [
        connectionId,
        fence,
        storedCode(error),
        retryAfter ?? null,
      ]),
    );
    throw error;
  }
  const next = { ...opened, version: version + 1, credential };
  const stored = await ticket.transaction(async (client) => {
    const key = await currentKey(system, keyringOf(client), opened.workspaceId, "credential");
    const { rows } = await client.query(
      "select connections.store_refreshed($1, $2, $3, $4, $5, $6, $7) as stored",
      [
        connectionId,
        fence,
        next.version,
        await sealCredential(key, "connection.credential", next, credential),
        provider.revocable
          ? await sealCredential(key, "connection.revocation", next, revocationPart(credential))
          : null,
        keyVersion(key),
        credential.expiresAt === undefined ? null : new Date(credential.expiresAt),
      ],
    );
    return rows[0].stored as boolean;
  });
  if (!stored) throw new TaskError("CONNECTION_ENDED");
  return next;
}

/** Tells the owner that the provider no longer honours a connection. Its jobs wait for them. */
export async function reportDead(
  ticket: Ticket,
  { connectionId, version }: Opened,
  code: string,
): Promise<void> {
  await ticket.transaction((client) =>
    client.query("select connections.report_dead($1, $2, $3)", [connectionId, version, code]),
  );
}

/** A code as rows hold it. */
export function storedCode(error: unknown): string {
  const code = codeOf(error);
  return /^[A-Z][A-Z0-9_]{2,63}$/.test(code) ? code : "CONNECTION_ERROR";
}
