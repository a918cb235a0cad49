import type { AuditEvent } from "../../audit/encoding.ts";

/** An event with its place in the chain. */
export interface Entry {
  readonly position: number;
  /** hex */
  readonly hash: string;
  readonly event: AuditEvent;
}

const COLUMNS = [
  "position", "occurred_at", "action", "row_id", "changed_columns", "actor", "person_id", "sign_in_id", "service",
  "request_id", "origin_id", "details", "id", "hash",
] as const; // prettier-ignore

/** The first line of a CSV file. */
export const csvHeader = COLUMNS.join(",");

/** A line of CSV (RFC 4180). A value that a spreadsheet would run as a formula gets an apostrophe. */
export function toCsv({ position, hash, event }: Entry): string {
  const values: Record<string, unknown> = { ...event, position, hash };
  return COLUMNS.map((column) => {
    const value = values[column];
    if (value === null || value === undefined) return "";
    const text = Array.isArray(value)
      ? value.join(" ")
      : typeof value === "object"
        ? JSON.stringify(value)
        : String(value);
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  }).join(",");
}

const VERBS: Readonly<Record<string, number>> = { created: 1, updated: 3, deleted: 4 };

/**
 * An event of the Open Cybersecurity Schema Framework 1.3: Authentication (3002) for sign-ins and their ends, API Activity
 * (6003) for everything else. `metadata.sequence` is the position, `metadata.uid` the event: a collector drops what it has.
 */
export function toOcsf({ position, hash, event }: Entry): Record<string, unknown> {
  const [resource, verb] = event.action.split(".") as [string, string];
  const authentication = event.action === "session.signed_in" || event.action === "session.ended";
  const failed =
    (event.details as { success?: boolean } | null)?.success === false || /denied|failed|refused/.test(verb);
  const activity = authentication ? (verb === "signed_in" ? 1 : 2) : (VERBS[verb] ?? 99);
  const classUid = authentication ? 3002 : 6003;
  const user = { uid: event.person_id ?? event.service ?? "unknown", type_id: event.person_id ? 1 : 3 };
  return {
    class_uid: classUid,
    category_uid: Math.floor(classUid / 1000),
    activity_id: activity,
    ...(activity === 99 ? { activity_name: verb } : {}),
    type_uid: classUid * 100 + activity,
    severity_id: failed ? 3 : 1,
    status_id: failed ? 2 : 1,
    time: Date.parse(event.occurred_at),
    metadata: {
      version: "1.3.0",
      uid: event.id,
      sequence: position,
      product: { name: "Bulkhead", vendor_name: "Bulkhead" },
      tenant_uid: event.workspace_id,
    },
    actor: { user, ...(event.sign_in_id ? { session: { uid: event.sign_in_id } } : {}) },
    ...(authentication ? { user } : {}),
    api: { operation: event.action, ...(event.request_id ? { request: { uid: event.request_id } } : {}) },
    src_endpoint: { uid: event.origin_id ?? "unknown" },
    ...(event.row_id ? { resources: [{ uid: event.row_id, type: resource }] } : {}),
    unmapped: {
      actor: event.actor,
      service: event.service,
      changed_columns: event.changed_columns,
      details: event.details,
      hash,
    },
  };
}

/** A Common Event Format line. Header fields escape `\` and `|`, extension values `\`, `=` and line ends. */
export function toCef({ position, hash, event }: Entry): string {
  const head = (text: string) => text.replace(/[\\|]/g, "\\$&").replace(/[\r\n]/g, " ");
  const value = (text: string) =>
    text.replace(/[\\=]/g, "\\$&").replaceAll("\r", "\\r").replaceAll("\n", "\\n");
  const severity = /denied|failed|refused/.test(event.action) ? 6 : 3;
  const extension: [string, unknown][] = [
    ["rt", Date.parse(event.occurred_at)],
    ["externalId", event.id],
    ["act", event.action],
    ["suid", event.person_id],
    ["sproc", event.service],
    ["fileId", event.row_id],
    ["cn1Label", "position"],
    ["cn1", position],
    ["cs1Label", "workspace"],
    ["cs1", event.workspace_id],
    ["cs2Label", "hash"],
    ["cs2", hash],
    ["cs3Label", event.request_id && "request"],
    ["cs3", event.request_id],
    ["cs4Label", event.changed_columns && "changedColumns"],
    ["cs4", event.changed_columns?.join(" ")],
    ["cs5Label", event.details && "details"],
    ["cs5", event.details && JSON.stringify(event.details)],
  ];
  const fields = extension
    .filter(([, v]) => v !== null && v !== undefined)
    .map(([k, v]) => `${k}=${value(String(v))}`);
  return `CEF:0|Bulkhead|Bulkhead|1|${head(event.action)}|${head(event.action)}|${severity}|${fields.join(" ")}`;
}
