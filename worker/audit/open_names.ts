import { type KeyObject, createSecretKey } from "node:crypto";
import type { Opened } from "../../envelope/opened.ts";
import { openContent } from "../crypto/content.ts";
import { type Kek, KekError } from "../crypto/kek.ts";
import { subjectBinding, subjectKeyId, subjectOf } from "./subjects.ts";

/** A row of `audit.subjects`, as `sealed.take_to_open` gives it: all null for somebody who was erased. */
export interface SealedName {
  /** The pseudonym. */
  readonly id: string;
  readonly sealed: string | null;
  readonly kek: string | null;
  readonly wrapped_key: string | null;
}

/** Keys in memory: a page of the trail names few people, and each unwrapping may be a call of the key service. */
const MAX_KEYS = 2_000;
const KEY_MS = 300_000;

/**
 * Makes what opens the names behind pseudonyms, each under its person's own key. An erased person's answer says so.
 *
 * @throws {KekError} `KEK_UNAVAILABLE`: nothing opens at the moment
 */
export function createNameOpener({ kek }: { readonly kek: Kek }) {
  const keys = new Map<string, { readonly key: Promise<KeyObject>; readonly until: number }>();

  function keyOf(workspaceId: string, name: string, wrapped: string): Promise<KeyObject> {
    const place = `${workspaceId} ${name} ${wrapped}`;
    const held = keys.get(place);
    if (held && held.until > Date.now()) return held.key;
    const key = kek.unwrap(subjectOf(workspaceId), name, wrapped).then((bytes) => {
      const object = createSecretKey(bytes);
      bytes.fill(0);
      return object;
    });
    keys.delete(place);
    keys.set(place, { key, until: Date.now() + KEY_MS });
    key.catch(() => keys.delete(place));
    if (keys.size > MAX_KEYS) keys.delete(keys.keys().next().value!);
    return key;
  }

  async function openOne(
    workspaceId: string,
    { id, sealed, kek: name, wrapped_key: wrapped }: SealedName,
  ): Promise<Opened> {
    if (sealed === null || name === null || wrapped === null)
      return { id, value: Buffer.from(JSON.stringify({ erased: true })) };
    try {
      const key = { kid: subjectKeyId(workspaceId), key: await keyOf(workspaceId, name, wrapped) };
      return { id, value: await openContent(() => key, subjectBinding(workspaceId, id), sealed) };
    } catch (error) {
      if (error instanceof KekError && error.retryable) throw error;
      return { id, value: "MESSAGE_UNREADABLE" };
    }
  }

  return (workspaceId: string, names: readonly SealedName[]): Promise<Opened[]> =>
    Promise.all(names.map((one) => openOne(workspaceId, one)));
}
