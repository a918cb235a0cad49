const EVENT = "bulkhead/audit/event/1";
const CHAIN = "bulkhead/audit/chain/1";
const GENESIS = "bulkhead/audit/genesis/1";

import { createHash } from "node:crypto";

/** An event as it is hashed and exported. UUIDs in lower case; `occurred_at` in UTC with microseconds. */
export interface AuditEvent {
  readonly workspace_id: string;
  readonly id: string;
  /** `2026-01-31T12:00:00.123456Z` */
  readonly occurred_at: string;
  readonly action: string;
  readonly row_id: string | null;
  readonly changed_columns: readonly string[] | null;
  readonly details: unknown;
  readonly actor: string;
  readonly person_id: string | null;
  readonly sign_in_id: string | null;
  readonly service: string | null;
  readonly request_id: string | null;
  readonly origin_id: string | null;
}

/**
 * The bytes of an event: the label and a zero byte, then each field in the order of {@link AuditEvent}. An absent field is
 * `00`; a text is `01`, its length in bytes (32 bits, big-endian) and its UTF-8; a list is `01`, the count of its members,
 * then each with its length. `details` is a text: {@link canonicalJson}. Lengths stand before everything, so that no two
 * events have the same bytes.
 */
function encodeEvent(event: AuditEvent): Buffer {
  const parts: Buffer[] = [Buffer.from(`${EVENT}\0`)];
  const text = (value: string | null) => {
    if (value === null) return void parts.push(ABSENT);
    parts.push(PRESENT, ...counted(value));
  };
  text(event.workspace_id);
  text(event.id);
  text(event.occurred_at);
  text(event.action);
  text(event.row_id);
  if (event.changed_columns === null) parts.push(ABSENT);
  else parts.push(PRESENT, u32(event.changed_columns.length), ...event.changed_columns.flatMap(counted));
  text(event.details === null ? null : canonicalJson(event.details));
  text(event.actor);
  text(event.person_id);
  text(event.sign_in_id);
  text(event.service);
  text(event.request_id);
  text(event.origin_id);
  return Buffer.concat(parts);
}

/** What stands before the first event of a workspace. */
export function genesisHash(workspaceId: string): Buffer {
  return sha256(Buffer.from(`${GENESIS}\0`), uuidBytes(workspaceId));
}

/** The hash up to and including an event: over the hash before it, its position (64 bits, big-endian) and its bytes' hash. */
export function chainHash(previous: Uint8Array, position: number, event: AuditEvent): Buffer {
  return sha256(Buffer.from(`${CHAIN}\0`), previous, u64(position), sha256(encodeEvent(event)));
}

/** JSON with members sorted by UTF-16 code units and no spaces (RFC 8785, of which JavaScript's own numbers are a part). */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(",")}}`;
}

/** The sixteen bytes of a UUID. */
export function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll("-", ""), "hex");
}

export function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

export function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

const ABSENT = Buffer.from([0]);
const PRESENT = Buffer.from([1]);

function counted(value: string): [Buffer, Buffer] {
  const bytes = Buffer.from(value);
  return [u32(bytes.length), bytes];
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
