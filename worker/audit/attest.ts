import type { PoolClient } from "pg";
import { leafHash, merkleLevels, merklePath } from "../../audit/merkle.ts";
import { type NotaryKey, signRoot } from "../../audit/signatures.ts";

/**
 * Folds the ends of all chains into one Merkle root and signs it with the root before: 32 bytes that, once published,
 * attest the whole database. Keeps the path of each head that has moved since the last root.
 *
 * @returns the root in hex, or null when nothing has moved
 */
export async function attest(
  client: PoolClient,
  key: NotaryKey,
): Promise<{ number: number; root: string } | null> {
  await client.query("begin isolation level repeatable read");
  try {
    const { rows: ends } = await client.query("select * from audit.chain_ends()");
    const { rows: last } = await client.query("select * from audit.last_root()");
    const { rows: moved } = await client.query("select * from audit.moved_chains()");
    if (moved.length === 0) {
      await client.query("rollback");
      return null;
    }
    const leaves = ends.map((end) =>
      leafHash({ workspaceId: end.workspace_id, position: Number(end.position), hash: end.hash }),
    );
    const levels = merkleLevels(leaves);
    const root = levels.at(-1)![0]!.toString("hex");
    const number = Number(last[0]?.number ?? 0) + 1;
    const signedAt = new Date().toISOString();
    const signature = await signRoot(key, {
      number,
      root,
      leaf_count: leaves.length,
      previous: last[0]?.root?.toString("hex") ?? null,
      signed_at: signedAt,
    });
    const movedIds = new Set(moved.map((row) => row.workspace_id));
    const proofs = ends.flatMap((end, index) =>
      movedIds.has(end.workspace_id)
        ? [
            {
              workspace_id: end.workspace_id,
              position: end.position,
              leaf_index: index,
              path: merklePath(levels, index).map((hash) => hash.toString("hex")),
            },
          ]
        : [],
    );
    await client.query("select audit.sign_root($1, $2, $3, $4, $5, $6)", [
      number,
      Buffer.from(root, "hex"),
      leaves.length,
      signedAt,
      signature,
      JSON.stringify(proofs),
    ]);
    await client.query("commit");
    return { number, root };
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw error;
  }
}
