import { type KeyObject, createSecretKey } from "node:crypto";
import type { Kek, KeySubject, WrappedKey } from "./kek.ts";
import { keyId } from "./key_id.ts";

/**
 * A workspace key in memory. An opaque object and not bytes: clearing shared bytes on eviction could blank a key that
 * another task is just about to seal with, and would then seal under zeros.
 */
export type UnwrappedKey = { readonly kid: string; readonly key: KeyObject };

export type WorkspaceKeys = {
  /**
   * The key, from memory or unwrapped now. Simultaneous calls for one key unwrap it once; a failure is not kept.
   *
   * @throws {KekError} as the key-encryption key does
   */
  get(subject: KeySubject, wrapped: WrappedKey): Promise<UnwrappedKey>;
  /** The key if it is in memory. */
  peek(kid: string): UnwrappedKey | undefined;
  /**
   * Drops a workspace's keys; one that is being unwrapped is not kept. Other processes drop theirs within `ttlMs`.
   */
  forget(workspaceId: string): void;
  readonly size: number;
};

type Held = UnwrappedKey & { readonly workspaceId: string; readonly timer: NodeJS.Timeout };
type Pending = { readonly workspaceId: string; readonly key: Promise<UnwrappedKey>; forgotten: boolean };

/**
 * Unwrapped workspace keys, the least recently used dropped first. A key lives `ttlMs` from its unwrapping, however
 * often it is used, so a key that is disabled in the key service stops working within that time.
 *
 * @param max keys held; default 10,000
 * @param ttlMs milliseconds; default five minutes
 */
export function createWorkspaceKeys({
  kek,
  max = 10_000,
  ttlMs = 300_000,
}: {
  kek: Pick<Kek, "unwrap">;
  max?: number;
  ttlMs?: number;
}): WorkspaceKeys {
  const held = new Map<string, Held>();
  const pending = new Map<string, Pending>();

  function drop(kid: string): void {
    clearTimeout(held.get(kid)?.timer);
    held.delete(kid);
  }

  function peek(kid: string): UnwrappedKey | undefined {
    const found = held.get(kid);
    if (!found) return undefined;
    held.delete(kid);
    held.set(kid, found);
    return { kid, key: found.key };
  }

  function hold(workspaceId: string, { kid, key }: UnwrappedKey): void {
    drop(kid);
    held.set(kid, { kid, key, workspaceId, timer: setTimeout(drop, ttlMs, kid).unref() });
    for (const oldest of held.keys()) {
      if (held.size <= max) break;
      drop(oldest);
    }
  }

  async function unwrap(subject: KeySubject, { kek: name, wrapped }: WrappedKey): Promise<UnwrappedKey> {
    const bytes = await kek.unwrap(subject, name, wrapped);
    const key = createSecretKey(bytes);
    bytes.fill(0);
    return { kid: keyId(subject), key };
  }

  function get(subject: KeySubject, wrapped: WrappedKey): Promise<UnwrappedKey> {
    const { workspaceId } = subject;
    const found = peek(keyId(subject));
    if (found) return Promise.resolve(found);
    // The wrapped text is part of the name: a damaged copy must not fail those who hold a good one.
    const name = JSON.stringify([keyId(subject), wrapped.kek, wrapped.wrapped]);
    const waiting = pending.get(name);
    if (waiting) return waiting.key;
    const entry: Pending = { workspaceId, forgotten: false, key: unwrap(subject, wrapped) };
    pending.set(name, entry);
    const settle = (key?: UnwrappedKey) => {
      if (pending.get(name) === entry) pending.delete(name);
      if (key && !entry.forgotten) hold(workspaceId, key);
    };
    entry.key.then(settle, () => settle());
    return entry.key;
  }

  function forget(workspaceId: string): void {
    for (const key of held.values()) if (key.workspaceId === workspaceId) drop(key.kid);
    for (const [name, entry] of pending) {
      if (entry.workspaceId !== workspaceId) continue;
      entry.forgotten = true;
      pending.delete(name);
    }
  }

  return {
    get,
    peek,
    forget,
    get size() {
      return held.size;
    },
  };
}
