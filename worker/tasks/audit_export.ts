import type { HeadLine, HeaderLine, EventLine } from "../../audit/verify.ts";
import type { AuditEvent } from "../../audit/encoding.ts";
import { openSecret } from "../../envelope/secret.ts";
import { type Entry, csvHeader, toCef, toCsv, toOcsf } from "../audit/formats.ts";
import { type FindAddresses, PushError, type Sink, findPublicAddresses, push } from "../audit/push.ts";
import { EgressError } from "../egress/errors.ts";
import type { WorkerContext } from "../runtime/context.ts";
import { type Ticket, claimTicket } from "../runtime/ticket.ts";
import type { Task } from "graphile-worker";

declare global {
  namespace GraphileWorker {
    interface Tasks {
      /** notary */
      export_audit: { readonly export_id: string; readonly ticket_id: string };
    }
  }
}

/** Events of one part. The same after a crash, so that a part holds the same events when it is sent again. */
const PART = 500;

/** A row of `audit.take_export`. */
interface Export {
  readonly workspace_id: string;
  readonly format: "ndjson" | "csv" | "ocsf" | "cef";
  readonly sink_id: string | null;
  readonly kind: "webhook" | "syslog" | null;
  readonly address: string | null;
  readonly authority: string | null;
  readonly sealed_key: string | null;
  readonly created_by: string;
  readonly after_position: string;
  readonly through_position: string;
  readonly done_position: string;
  readonly after_hash: Buffer | null;
  readonly created_at: string;
}

type SealedRow = Omit<AuditEvent, "id"> & {
  position: string;
  hash: Buffer;
  event_id: string;
  id: string | null;
};
type HeadRow = {
  position: string;
  signature: string;
  root_signature: string | null;
  leaf_index: number | null;
  path: string[] | null;
};

/** Exports a range of a workspace's chain, part by part; each part moves the export's mark in one transaction with it. */
export function exportAudit(
  context: Pick<WorkerContext, "keys">,
  find: FindAddresses = findPublicAddresses,
): Task<"export_audit"> {
  return async ({ export_id: exportId, ticket_id: ticketId }, helpers) => {
    const ticket = await claimTicket(helpers, ticketId);
    if (!ticket) return;
    const taken = await ticket.transaction(async (client) => {
      const { rows } = await client.query<Export>("select * from audit.take_export($1)", [exportId]);
      if (!rows[0]) await ticket.finish(client);
      return rows[0];
    });
    if (!taken) return;
    const finish = (code: string | null) =>
      ticket.transaction(async (client) => {
        await client.query("select audit.finish_export($1, $2)", [exportId, code]);
        await ticket.finish(client);
      });
    try {
      const sink = taken.kind ? openSink(context, taken) : null;
      for (let done = Number(taken.done_position); done < Number(taken.through_position);)
        done = await exportPart(ticket, exportId, taken, sink, done, find);
      await finish(null);
    } catch (error) {
      // What may pass is tried again by the job, from where it stands.
      const final =
        error instanceof PushError
          ? error.code === "SINK_REFUSED"
          : error instanceof EgressError && error.code === "EGRESS_ADDRESS_REFUSED";
      if (!final && helpers.job.attempts < helpers.job.max_attempts) throw error;
      await finish(
        (error as { code?: string }).code?.match(/^[A-Z][A-Z0-9_]{2,63}$/)?.[0] ?? "EXPORT_FAILED",
      );
    }
  };
}

async function exportPart(
  ticket: Ticket,
  exportId: string,
  taken: Export,
  sink: Sink | null,
  done: number,
  find: FindAddresses,
): Promise<number> {
  const through = Math.min(done + PART, Number(taken.through_position));
  const { rows, heads } = await ticket.transaction(async (client) => ({
    rows: (
      await client.query<SealedRow>("select * from audit.sealed_events($1, $2, $3)", [done, through, PART])
    ).rows,
    heads:
      taken.format === "ndjson"
        ? (await client.query<HeadRow>("select * from audit.export_heads($1, $2, $3)", [done, through, PART]))
            .rows
        : [],
  }));
  const lines = format(taken, done, rows, heads);
  if (sink)
    await push(
      sink,
      {
        // Of the range and not of the export: a later export of the same rows is the same to the collector.
        id: `${taken.sink_id}-${done + 1}-${through}`,
        contentType:
          taken.format === "csv"
            ? "text/csv"
            : taken.format === "cef"
              ? "text/plain"
              : "application/x-ndjson",
        lines,
        workspaceId: taken.workspace_id,
      },
      find,
    );
  await ticket.transaction((client) =>
    client.query("select audit.finish_chunk($1, $2, $3, $4)", [
      exportId,
      done,
      through,
      sink ? null : lines.map((line) => `${line.text}\n`).join(""),
    ]),
  );
  return through;
}

function format(taken: Export, done: number, rows: readonly SealedRow[], heads: readonly HeadRow[]) {
  const at = (row: SealedRow, text: string) => ({
    position: Number(row.position),
    at: row.occurred_at ?? taken.created_at,
    action: row.action ?? "missing",
    text,
  });
  const first = { position: done + 1, at: taken.created_at, action: "header" };
  if (taken.format !== "ndjson") {
    const entries = rows
      .filter((row) => row.id !== null)
      .map((row) => at(row, one(taken.format, entryOf(row))));
    return taken.format === "csv" && done === Number(taken.after_position)
      ? [{ ...first, text: csvHeader }, ...entries]
      : entries;
  }
  const lines = rows.flatMap((row) => {
    const own = heads.filter((head) => head.position === row.position);
    return [
      at(row, JSON.stringify(eventLine(row))),
      ...own.map((head) => at(row, JSON.stringify(headLine(head)))),
    ];
  });
  if (done !== Number(taken.after_position)) return lines;
  const header: HeaderLine = {
    type: "header",
    format: "bulkhead-audit/1",
    workspace_id: taken.workspace_id,
    after_position: Number(taken.after_position),
    through_position: Number(taken.through_position),
    after_hash: taken.after_hash?.toString("hex") ?? null,
    exported_at: taken.created_at,
  };
  return [{ ...first, text: JSON.stringify(header) }, ...lines];
}

function one(format: Export["format"], entry: Entry): string {
  if (format === "csv") return toCsv(entry);
  return format === "cef" ? toCef(entry) : JSON.stringify(toOcsf(entry));
}

function entryOf({ position, hash, event_id: _event, ...event }: SealedRow): Entry {
  return { position: Number(position), hash: hash.toString("hex"), event: event as AuditEvent };
}

function eventLine(row: SealedRow): EventLine {
  const { position, hash, event } = entryOf(row);
  return { type: "event", position, hash, event_id: row.event_id, event: row.id === null ? null : event };
}

function headLine(head: HeadRow): HeadLine {
  return {
    type: "head",
    position: Number(head.position),
    signature: head.signature,
    root: head.root_signature
      ? { signature: head.root_signature, leaf_index: head.leaf_index!, path: head.path ?? [] }
      : null,
  };
}

function openSink({ keys }: Pick<WorkerContext, "keys">, taken: Export): Sink {
  return {
    kind: taken.kind!,
    address: taken.address!,
    authority: taken.authority,
    // Bound to who set the collector up: a key that was copied from another row does not open.
    key: taken.sealed_key
      ? openSecret(keys.intake, { workspace: taken.workspace_id, person: taken.created_by }, taken.sealed_key)
      : null,
  };
}
