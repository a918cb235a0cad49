import { randomBytes } from "node:crypto";
import type { Kek, WrappedKey } from "./kek.ts";
import type { UnwrappedKey, WorkspaceKeys } from "./workspace_keys.ts";

/** The two functions of the schema `keyring`, in a transaction of one workspace. */
export interface Keyring {
  /** Newest first. */
  keys(purpose: string): Promise<(WrappedKey & { version: number; is_current: boolean })[]>;
  /** @returns false when the version is there already */
  add(purpose: string, version: number, key: WrappedKey): Promise<boolean>;
}

/** The `keyring` functions on a connection whose transaction carries a ticket's token. */
export function keyringOf(client: {
  query(text: string, values: unknown[]): Promise<{ rows: any[] }>;
}): Keyring {
  return {
    async keys(purpose) {
      return (await client.query("select * from keyring.keys($1)", [purpose])).rows;
    },
    async add(purpose, version, { kek, wrapped }) {
      const { rows } = await client.query("select keyring.add_key($1, $2, $3, $4) as added", [
        purpose,
        version,
        kek,
        wrapped,
      ]);
      return rows[0].added as boolean;
    },
  };
}

/**
 * The key that a workspace seals with now; its first one is made when there is none. Of two workers that both make one,
 * the database keeps the first, and both use that.
 *
 * @throws {KekError} as the key-encryption key does
 */
export async function currentKey(
  { kek, workspaceKeys }: { readonly kek: Kek; readonly workspaceKeys: WorkspaceKeys },
  keyring: Keyring,
  workspaceId: string,
  purpose: "content" | "index" | "credential",
): Promise<UnwrappedKey> {
  const find = async () => (await keyring.keys(purpose)).find((key) => key.is_current);
  let found = await find();
  if (!found) {
    const bytes = randomBytes(32);
    const wrapped = await kek.wrap({ workspaceId, purpose, version: 1 }, bytes);
    bytes.fill(0);
    await keyring.add(purpose, 1, wrapped);
    found = (await find())!;
  }
  return workspaceKeys.get({ workspaceId, purpose, version: found.version }, found);
}

/** Whether a version of a key seals nothing more: it was destroyed meanwhile, or is about to be. To be sealed anew. */
export function keyGivenUp(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "ZK003";
}
