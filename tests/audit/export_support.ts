import type { JobHelpers } from "graphile-worker";
import type { WorkerKeys } from "../../envelope/keys.ts";
import type { FindAddresses } from "../../worker/audit/push.ts";
import { exportAudit } from "../../worker/tasks/audit_export.ts";
import type { TestDatabase } from "../helpers/database.ts";
import { type SignedIn, asMember } from "../helpers/people.ts";
import { withNotary } from "./support.ts";

/** A collector on this machine: real exports refuse such an address. */
const findLoopback: FindAddresses = async () => [{ address: "127.0.0.1", family: 4 }];

/** Asks for an export and returns its row and the job's payload. */
export async function requestExport(
  database: TestDatabase,
  who: SignedIn,
  format: string,
  sinkId: string | null = null,
  after: number | null = null,
) {
  const { rows } = await asMember(database, who.accessToken, (c) =>
    c.query("select * from audit.request_export($1, $2, $3)", [format, sinkId, after]),
  );
  const { rows: jobs } = await database
    .pool("postgres", { max: 1 })
    .query("select payload from queue_notary._private_jobs where payload ->> 'export_id' = $1", [rows[0].id]);
  return { row: rows[0], payload: jobs[0].payload as { export_id: string; ticket_id: string } };
}

/** Runs the job as graphile-worker would. */
export function runExport(
  database: TestDatabase,
  payload: { export_id: string; ticket_id: string },
  options: { keys?: WorkerKeys; find?: FindAddresses; attempts?: number } = {},
): Promise<void> {
  const helpers = {
    abortSignal: new AbortController().signal,
    job: { attempts: options.attempts ?? 1, max_attempts: 10 },
    query: (text: string, values: unknown[]) => withNotary(database, (client) => client.query(text, values)),
    withPgClient: (work: never) => withNotary(database, work),
  } as unknown as JobHelpers;
  return exportAudit({ keys: options.keys as WorkerKeys }, options.find ?? findLoopback)(
    payload,
    helpers,
  ) as Promise<void>;
}

/** The lines of a kept export, as its owner downloads them. */
export async function download(database: TestDatabase, who: SignedIn, exportId: string): Promise<string> {
  const { rows } = await asMember(database, who.accessToken, (c) =>
    c.query("select content from audit.export_chunks where export_id = $1 order by number", [exportId]),
  );
  return rows.map((row) => row.content).join("");
}
