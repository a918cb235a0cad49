import { type KeyObject, createSecretKey } from "node:crypto";
import type { Opened } from "../../envelope/opened.ts";
import { openContent } from "../crypto/content.ts";
import { type Kek, KekError } from "../crypto/kek.ts";
import { originBinding, subjectBinding, subjectKeyId, subjectOf } from "./subjects.ts";

/** A row of `audit.subjects`, as `sealed.take_to_open` gives it: all null for somebody who was erased. */
export interface SealedName {
  /** The pseudonym. */
  readonly id: string;
  readonly sealed: string | null;
  readonly kek: string | null;
  readonly wrapped_key: string | null;
}

/** An origin with its person's key, as `sealed.take_to_open` gives it. */
export interface SealedOrigin {
  /** The event's. */
  readonly id: string;
  readonly origin_id: string;
  readonly person_id: string;
  readonly sealed: string;
  readonly kek: string;
  readonly wrapped_key: string;
}

type Sealed = Pick<SealedOrigin, "id" | "sealed" | "kek" | "wrapped_key">;

/** Keys in memory: a page of the trail names few people, and each unwrapping may be a call of the key service. */
const MAX_KEYS = 2_000;
const KEY_MS = 300_000;

/**
 * Makes what opens the names behind pseudonyms, and where events came from, each under its person's own key. An erased
 * person's name says so; their origins are gone.
 *
 * @throws {KekError} `KEK_UNAVAILABLE`: nothing opens at the moment
 */
export function createTrailOpener({ kek }: { readonly kek: Kek }) {
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
    { id, sealed, kek: name, wrapped_key: wrapped }: Sealed,
    binding: ReturnType<typeof originBinding>,
  ): Promise<Opened> {
    try {
      const key = { kid: subjectKeyId(workspaceId), key: await keyOf(workspaceId, name, wrapped) };
      return { id, value: await openContent(() => key, binding, sealed) };
    } catch (error) {
      if (error instanceof KekError && error.retryable) throw error;
      return { id, value: "MESSAGE_UNREADABLE" };
    }
  }

  async function openName(
    workspaceId: string,
    { id, sealed, kek: name, wrapped_key }: SealedName,
  ): Promise<Opened> {
    if (sealed === null || name === null || wrapped_key === null)
      return { id, value: Buffer.from(JSON.stringify({ erased: true })) };
    return openOne(workspaceId, { id, sealed, kek: name, wrapped_key }, subjectBinding(workspaceId, id));
  }

  return {
    openNames: (workspaceId: string, names: readonly SealedName[]): Promise<Opened[]> =>
      Promise.all(names.map((one) => openName(workspaceId, one))),
    openOrigins: (workspaceId: string, origins: readonly SealedOrigin[]): Promise<Opened[]> =>
      Promise.all(
        origins.map((one) =>
          openOne(workspaceId, one, originBinding(workspaceId, one.origin_id, one.person_id)),
        ),
      ),
  };
}
