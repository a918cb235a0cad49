import type pg from "pg";
import { generateWorkerKeys, parsePublicKeys, parseWorkerKeys } from "../../envelope/keys.ts";
import type { PublicKeys, WorkerKeys } from "../../envelope/keys.ts";
import { sealSecret } from "../../envelope/secret.ts";
import { generateKeyRing, localKek, parseKeyRing } from "../../worker/crypto/kek_local.ts";
import type { Kek } from "../../worker/crypto/kek.ts";
import type { ServiceName, WorkerConfig } from "../../worker/config.ts";
import { startWorker, type RunningWorker } from "../../worker/runtime/start.ts";
import type { WorkosSettings } from "../../worker/runtime/context.ts";
import type { TestDatabase } from "./database.ts";
import { asMember, type SignedIn } from "./people.ts";

/** Keys of a worker for tests, in both forms: as settings and as objects. */
export interface TestWorkerKeys {
  readonly privateText: string;
  readonly publicText: string;
  readonly keyRingText: string;
  readonly keys: WorkerKeys;
  readonly publicKeys: PublicKeys;
  readonly kek: Kek;
}

/** Makes a worker's keys and a key ring. */
export function createWorkerKeys(): TestWorkerKeys {
  const { private: privateText, public: publicText } = generateWorkerKeys();
  const keyRingText = generateKeyRing();
  return {
    privateText,
    publicText,
    keyRingText,
    keys: parseWorkerKeys(privateText),
    publicKeys: parsePublicKeys(publicText),
    kek: localKek(parseKeyRing(keyRingText)),
  };
}

export interface TestWorker extends RunningWorker {
  readonly keys: TestWorkerKeys;
  /** Every line that it logged. */
  readonly lines: readonly string[];
}

/** Starts worker services in this process, on a test database. The caller stops it before the file ends. */
export async function startTestWorker(
  database: TestDatabase,
  options: {
    readonly services?: readonly ServiceName[];
    readonly keys?: TestWorkerKeys;
    readonly workos?: WorkosSettings;
    readonly recoverEveryMs?: number;
    readonly change?: (config: WorkerConfig) => WorkerConfig;
  } = {},
): Promise<TestWorker> {
  const { services = ["opener", "mail_sync"], keys = createWorkerKeys(), workos, recoverEveryMs } = options;
  const config: WorkerConfig = {
    services: services.map((name) => ({ name, databaseUrl: database.url(`bulkhead_${name}`) })),
    keys: keys.keys,
    kek: keys.kek,
    workos,
  };
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const worker = await startWorker(options.change?.(config) ?? config, { log, recoverEveryMs });
  return { ...worker, keys, lines };
}

/** Runs `work` as the mail service does for a job: its own login, and the token of a ticket for the person's workspace. */
export async function withTicket<Result>(
  database: TestDatabase,
  { workspaceId }: SignedIn,
  work: (client: pg.PoolClient, ticketId: string) => Promise<Result>,
): Promise<Result> {
  const { rows } = await database
    .pool("postgres", { max: 1 })
    .query("insert into session.tickets (service, workspace_id) values ('mail_sync', $1) returning id", [
      workspaceId,
    ]);
  const ticketId = rows[0].id as string;
  const client = await database.pool("bulkhead_mail_sync", { max: 1 }).connect();
  try {
    const claimed = await client.query("select session.claim_ticket($1) as token", [ticketId]);
    await client.query("select set_config('session.token', $1, false)", [claimed.rows[0].token]);
    return await work(client, ticketId);
  } finally {
    client.release(true);
  }
}

/** An inbox of a person's workspace. */
export async function createInbox(database: TestDatabase, owner: SignedIn, name: string): Promise<string> {
  const { rows } = await asMember(database, owner.accessToken, (client) =>
    client.query("select id from mail.create_inbox($1)", [name]),
  );
  return rows[0].id as string;
}

/** Asks for an import as a member does: the source sealed to the worker, bound to workspace and person. */
export async function askForImport(
  database: TestDatabase,
  keys: TestWorkerKeys,
  person: SignedIn,
  inboxId: string,
  source: Uint8Array | string,
): Promise<string> {
  const binding = { workspace: person.workspaceId, person: person.personId };
  const sealed = sealSecret(keys.publicKeys.intake[0]!, binding, source);
  const { rows } = await asMember(database, person.accessToken, (client) =>
    client.query("select id from mail.import_messages($1, $2)", [inboxId, sealed]),
  );
  return rows[0].id as string;
}

/** How an import ended. */
export interface ImportOutcome {
  readonly status: string;
  readonly imported_count: number;
  readonly unchanged_count: number;
  readonly failed_count: number;
  readonly total_count: number | null;
  readonly error_code: string | null;
}

/** Waits until an import has ended, and says how. */
export async function importOutcome(
  database: TestDatabase,
  person: SignedIn,
  importId: string,
): Promise<ImportOutcome> {
  for (;;) {
    const { rows } = await asMember(database, person.accessToken, (client) =>
      client.query(
        `select status, imported_count, unchanged_count, failed_count, total_count, error_code
        from mail.imports where id = $1`,
        [importId],
      ),
    );
    if (rows[0] && ["done", "failed"].includes(rows[0].status)) return rows[0];
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Imports a source and waits for the end. */
export async function importMail(
  database: TestDatabase,
  keys: TestWorkerKeys,
  person: SignedIn,
  inboxId: string,
  source: Uint8Array | string,
): Promise<ImportOutcome> {
  return importOutcome(database, person, await askForImport(database, keys, person, inboxId, source));
}

/** A small plain message. */
export function plainMessage(options: {
  readonly id: string;
  readonly subject: string;
  readonly text: string;
  readonly inReplyTo?: string;
}): string {
  return [
    "From: Ada <ada@example.com>",
    "To: Team <team@example.com>",
    `Subject: ${options.subject}`,
    "Date: Mon, 05 Jan 2026 10:00:00 +0000",
    `Message-ID: <${options.id}>`,
    ...(options.inReplyTo ? [`In-Reply-To: <${options.inReplyTo}>`] : []),
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    "",
    options.text,
    "",
  ].join("\r\n");
}

/** Several messages as one mbox. */
export function mboxOf(messages: readonly (string | Uint8Array)[]): Uint8Array {
  return Buffer.concat(
    messages.map((message) => {
      const text = Buffer.from(message).toString("latin1");
      const quoted = text.replace(/^(>*From )/gm, ">$1");
      return Buffer.from(`From ada@example.com Mon Jan  5 10:00:00 2026\n${quoted}\n\n`, "latin1");
    }),
  );
}
