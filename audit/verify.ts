import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { type AuditEvent, chainHash, genesisHash } from "./encoding.ts";
import { leafHash, rootOf } from "./merkle.ts";
import { type NotaryKey, openHead, openRoot } from "./signatures.ts";

/** The first line of an export. */
export interface HeaderLine {
  readonly type: "header";
  readonly format: "bulkhead-audit/1";
  readonly workspace_id: string;
  readonly after_position: number;
  readonly through_position: number;
  /** hex; null when the export begins at the beginning */
  readonly after_hash: string | null;
  readonly exported_at: string;
}

export interface EventLine {
  readonly type: "event";
  readonly position: number;
  /** hex: the hash up to and including this event */
  readonly hash: string;
  readonly event_id: string;
  /** null: the database no longer had it */
  readonly event: AuditEvent | null;
}

export interface HeadLine {
  readonly type: "head";
  readonly position: number;
  readonly signature: string;
  readonly root: {
    readonly signature: string;
    readonly leaf_index: number;
    readonly path: readonly string[];
  } | null;
}

export type Line = HeaderLine | EventLine | HeadLine;

/** What is wrong, at the first position where it shows. */
export interface Fault {
  readonly kind: "changed" | "removed" | "inserted" | "reordered" | "rewritten" | "unsigned" | "malformed";
  readonly position: number;
  readonly eventId: string | null;
  readonly message: string;
}

export interface Verdict {
  readonly fault: Fault | null;
  readonly workspaceId: string | null;
  readonly events: number;
  readonly heads: number;
  readonly firstPosition: number;
  readonly lastPosition: number;
  /** Roots that heads were found under, hex by number: compare them with those that were published. */
  readonly roots: ReadonlyMap<number, string>;
}

/**
 * Verifies an export with nothing but the notary's public key: each event against the chain, the chain against its signed
 * heads, and heads against their roots. Reads the file as a stream, once; a second time only to name what is wrong.
 */
export async function verifyExport(file: string, key: NotaryKey): Promise<Verdict> {
  const state = { events: 0, heads: 0, position: 0, signed: 0 };
  const roots = new Map<number, string>();
  let header: HeaderLine | undefined;
  let hash: Buffer = Buffer.alloc(0);
  const verdict = (fault: Fault | null): Verdict => ({
    fault,
    workspaceId: header?.workspace_id ?? null,
    events: state.events,
    heads: state.heads,
    firstPosition: (header?.after_position ?? 0) + 1,
    lastPosition: state.position,
    roots,
  });
  const fault = (kind: Fault["kind"], position: number, message: string, eventId: string | null = null) =>
    verdict({ kind, position, eventId, message });

  for await (const text of lines(file)) {
    // Downloads may end with one more line end.
    if (text === "") continue;
    const line = parse(text);
    if (!line) return fault("malformed", state.position + 1, "a line is not JSON of this format");
    if (line.type === "header") {
      if (header) return fault("inserted", state.position + 1, "a second header");
      header = line;
      state.position = state.signed = line.after_position;
      if (line.after_hash === null && line.after_position !== 0)
        return fault("malformed", 1, "an export that begins later needs the hash before it");
      hash = line.after_hash === null ? genesisHash(line.workspace_id) : Buffer.from(line.after_hash, "hex");
      continue;
    }
    if (!header) return fault("malformed", 0, "the header is missing");
    if (line.type === "event") {
      const expected = state.position + 1;
      if (line.position < expected)
        return fault("inserted", expected, `row ${line.position} stands here a second time`, line.event_id);
      if (line.position > expected)
        return (await appearsLater(file, expected))
          ? fault("reordered", expected, "a row stands in another's place", line.event_id)
          : fault("removed", expected, "a row is missing");
      if (line.event === null)
        return fault("removed", expected, "the database no longer had this row", line.event_id);
      if (line.event.workspace_id !== header.workspace_id)
        return fault("inserted", expected, "a row of another workspace", line.event_id);
      const next = chainHash(hash, expected, line.event);
      if (next.toString("hex") !== line.hash)
        return fault("changed", expected, "the row is not what was sealed here", line.event.id);
      if (line.event.id !== line.event_id)
        return fault("changed", expected, "the row has another id", line.event_id);
      hash = next;
      state.position = expected;
      state.events++;
    } else {
      const head = await openHead(key, line.signature);
      if (!head || head.workspace_id !== header.workspace_id || head.position !== state.position)
        return fault("unsigned", line.position, "a head's signature does not verify here");
      if (head.hash !== hash.toString("hex"))
        return fault(
          "rewritten",
          state.signed + 1,
          `rows ${state.signed + 1} to ${state.position} are not what was signed`,
        );
      if (line.root) {
        const root = await openRoot(key, line.root.signature);
        const leaf = leafHash({ workspaceId: head.workspace_id, position: head.position, hash });
        const found =
          root &&
          rootOf(
            leaf,
            line.root.leaf_index,
            root.leaf_count,
            line.root.path.map((h) => Buffer.from(h, "hex")),
          );
        if (!root || found?.toString("hex") !== root.root)
          return fault("unsigned", line.position, "a head is not under the root that it names");
        roots.set(root.number, root.root);
      }
      state.signed = state.position;
      state.heads++;
    }
  }
  if (!header) return fault("malformed", 0, "the file is empty");
  if (state.position < header.through_position)
    return fault("removed", state.position + 1, `the rows up to ${header.through_position} are missing`);
  if (state.position > header.through_position)
    return fault("inserted", header.through_position + 1, "there are more rows than the header says");
  if (state.signed < state.position)
    return fault("unsigned", state.signed + 1, "no signed head covers the last rows");
  return verdict(null);
}

function lines(file: string): AsyncIterable<string> {
  return createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
}

function parse(text: string): Line | null {
  try {
    const line = JSON.parse(text) as Line;
    return ["header", "event", "head"].includes(line.type) ? line : null;
  } catch {
    return null;
  }
}

async function appearsLater(file: string, position: number): Promise<boolean> {
  for await (const text of lines(file)) {
    const line = parse(text);
    if (line?.type === "event" && line.position === position) return true;
  }
  return false;
}
