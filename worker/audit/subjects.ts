import { randomBytes } from "node:crypto";
import type { PoolClient } from "pg";
import { openContent, sealContent } from "../crypto/content.ts";
import type { Kek } from "../crypto/kek.ts";

const BATCH = 200;

type Wrapped = { readonly kek: string; readonly wrapped_key: string };

/** The key of a person's own: erasing them destroys it. Its id says so, so that no workspace key passes for it. */
export const subjectOf = (workspaceId: string) => ({ workspaceId, purpose: "subject", version: 1 });
export const subjectKeyId = (workspaceId: string): string => `${workspaceId}/subject/1`;
const keyOf = (workspaceId: string, key: Uint8Array) => ({ kid: subjectKeyId(workspaceId), key });
const binding = (
  workspaceId: string,
  kind: "audit.subject" | "audit.origin",
  id: string,
  personId: string,
) => ({
  workspaceId,
  kind,
  id,
  personId,
});

/** What a sealed name is bound to: another person's does not open in its place. */
export const subjectBinding = (workspaceId: string, personId: string) =>
  binding(workspaceId, "audit.subject", personId, personId);

/** What a sealed origin is bound to: another origin, or another person's, does not open in its place. */
export const originBinding = (workspaceId: string, originId: string, personId: string) =>
  binding(workspaceId, "audit.origin", originId, personId);

/**
 * Seals the names of people, and the addresses that they came from, under each person's own key.
 *
 * @returns how many were sealed
 */
export async function sealSubjects(client: PoolClient, kek: Kek): Promise<number> {
  const { rows: people } = await client.query("select * from audit.unsealed_subjects($1)", [BATCH]);
  for (const person of people) {
    const { key, wrapped } = person.wrapped_key
      ? await unwrap(kek, person.workspace_id, person)
      : await make(kek, person.workspace_id);
    const sealed = await sealContent(
      keyOf(person.workspace_id, key),
      binding(person.workspace_id, "audit.subject", person.person_id, person.person_id),
      JSON.stringify({ email: person.email, name: person.name }),
    );
    key.fill(0);
    await client.query("select audit.store_subject($1, $2, $3, $4, $5)", [
      person.workspace_id,
      person.person_id,
      sealed,
      wrapped.kek,
      wrapped.wrapped_key,
    ]);
  }
  const { rows: origins } = await client.query("select * from audit.unsealed_origins($1)", [BATCH]);
  for (const origin of origins) {
    const { key } = await unwrap(kek, origin.workspace_id, origin);
    const sealed = await sealContent(
      keyOf(origin.workspace_id, key),
      binding(origin.workspace_id, "audit.origin", origin.id, origin.person_id),
      JSON.stringify({ address: origin.address, user_agent: origin.user_agent }),
    );
    key.fill(0);
    await client.query("select audit.store_origin($1, $2, $3)", [origin.workspace_id, origin.id, sealed]);
  }
  return people.length + origins.length;
}

/**
 * Opens a person's sealed name.
 *
 * @throws {SealedError | KekError}
 */
export async function openSubject(
  kek: Kek,
  row: Wrapped & { readonly workspace_id: string; readonly person_id: string; readonly sealed: string },
): Promise<{ email: string; name: string }> {
  const { key } = await unwrap(kek, row.workspace_id, row);
  const own = keyOf(row.workspace_id, key);
  try {
    const bytes = await openContent(
      () => own,
      binding(row.workspace_id, "audit.subject", row.person_id, row.person_id),
      row.sealed,
    );
    return JSON.parse(Buffer.from(bytes).toString());
  } finally {
    key.fill(0);
  }
}

async function make(kek: Kek, workspaceId: string): Promise<{ key: Uint8Array; wrapped: Wrapped }> {
  const key = randomBytes(32);
  const { kek: name, wrapped } = await kek.wrap(subjectOf(workspaceId), key);
  return { key, wrapped: { kek: name, wrapped_key: wrapped } };
}

async function unwrap(
  kek: Kek,
  workspaceId: string,
  row: Wrapped,
): Promise<{ key: Uint8Array; wrapped: Wrapped }> {
  return {
    key: await kek.unwrap(subjectOf(workspaceId), row.kek, row.wrapped_key),
    wrapped: { kek: row.kek, wrapped_key: row.wrapped_key },
  };
}
