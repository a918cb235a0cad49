import type { PoolClient } from "pg";
import { type AuditEvent, chainHash, genesisHash } from "../../audit/encoding.ts";
import { type NotaryKey, signHead } from "../../audit/signatures.ts";

/** What one round did. */
export interface Sealed {
  readonly events: number;
  readonly workspaces: number;
}

/** Rows of one fetch: what is in memory at once. */
const FETCH = 5_000;

type Chain = { former: number; position: number; hash: Buffer };

/**
 * Seals everything that has been committed since the last round: one snapshot, one transaction. Each workspace's rows go
 * onto its chain in the order of their ids; a row that commits late goes on in the round that first sees it.
 *
 * Two notaries at once do no harm: the second fails to move the mark, with SQLSTATE 40001, and has nothing to do.
 */
export async function sealEvents(client: PoolClient, key: NotaryKey): Promise<Sealed> {
  await client.query("begin isolation level repeatable read");
  try {
    await client.query("select audit.open_unsealed()");
    const chains = new Map<string, Chain>();
    let events = 0;
    for (;;) {
      const { rows } = await client.query<AuditEvent>(`fetch forward ${FETCH} from unsealed`);
      if (rows.length === 0) break;
      await readChainEnds(client, chains, rows);
      await client.query("select audit.seal_events($1, $2, $3, $4)", columns(rows, chains));
      events += rows.length;
      if (rows.length < FETCH) break;
    }
    await client.query("close unsealed");
    if (chains.size > 0) await signHeads(client, chains, key);
    await client.query("commit");
    return { events, workspaces: chains.size };
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw error;
  }
}

async function readChainEnds(
  client: PoolClient,
  chains: Map<string, Chain>,
  rows: readonly AuditEvent[],
): Promise<void> {
  const unknown = [...new Set(rows.map((row) => row.workspace_id))].filter((id) => !chains.has(id));
  if (unknown.length === 0) return;
  for (const id of unknown) chains.set(id, { former: 0, position: 0, hash: genesisHash(id) });
  const { rows: ends } = await client.query("select * from audit.chain_ends($1)", [unknown]);
  for (const end of ends) {
    const position = Number(end.position);
    chains.set(end.workspace_id, { former: position, position, hash: end.hash });
  }
}

/** The arguments of `audit.seal_events`; moves the chains on. */
function columns(rows: readonly AuditEvent[], chains: Map<string, Chain>) {
  const positions: number[] = [];
  const hashes: Buffer[] = [];
  for (const row of rows) {
    const chain = chains.get(row.workspace_id)!;
    chain.position++;
    chain.hash = chainHash(chain.hash, chain.position, row);
    positions.push(chain.position);
    hashes.push(chain.hash);
  }
  return [rows.map((row) => row.workspace_id), positions, rows.map((row) => row.id), hashes];
}

async function signHeads(
  client: PoolClient,
  chains: ReadonlyMap<string, Chain>,
  key: NotaryKey,
): Promise<void> {
  const sealedAt = new Date().toISOString();
  const all = [...chains];
  const signatures = await Promise.all(
    all.map(([workspace_id, { position, hash }]) =>
      signHead(key, { workspace_id, position, hash: hash.toString("hex"), sealed_at: sealedAt }),
    ),
  );
  await client.query("select audit.sign_heads($1, $2, $3, $4, $5, $6)", [
    all.map(([id]) => id),
    all.map(([, chain]) => chain.former),
    all.map(([, chain]) => chain.position),
    all.map(([, chain]) => chain.hash),
    sealedAt,
    signatures,
  ]);
}
