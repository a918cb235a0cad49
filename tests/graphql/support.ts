import { randomBytes, randomUUID } from "node:crypto";
import pg from "pg";
import type { TestDatabase } from "../helpers/database.ts";
import type { SignedIn } from "../helpers/people.ts";

/** Puts messages into a workspace, past all rights: content that nobody opens, in one inbox and some conversations. */
export async function seedMessages(
  database: TestDatabase,
  who: SignedIn,
  count: number,
  conversations = 3,
): Promise<{ inboxId: string; messageIds: string[]; conversationIds: string[] }> {
  const admin = database.pool("postgres");
  const inboxId = randomUUID();
  await admin.query("insert into mail.inboxes (workspace_id, id, name) values ($1, $2, $3)", [
    who.workspaceId,
    inboxId,
    `Inbox ${inboxId}`,
  ]);
  const { rows } = await admin.query(
    `insert into mail.conversations (workspace_id, inbox_id, last_message_at, message_count)
     select $1, $2, now(), 1 from generate_series(1, $3) returning id`,
    [who.workspaceId, inboxId, conversations],
  );
  const conversationIds = rows.map(({ id }) => id as string);
  const messages = await admin.query(
    `insert into mail.messages (workspace_id, inbox_id, conversation_id, message_id_hash, sort_at, size, sealed_subject, sealed_body)
     select $1, $2, ($3::uuid[])[1 + n % $4], sha256(convert_to($5 || n, 'UTF8')), now() - n * interval '1 minute', n, 'sealed', 'sealed'
     from generate_series(1, $6) n returning id, size`,
    [who.workspaceId, inboxId, conversationIds, conversations, randomBytes(8).toString("hex"), count],
  );
  const messageIds = messages.rows.sort((a, b) => a.size - b.size).map(({ id }) => id as string);
  return { inboxId, messageIds, conversationIds };
}

/** A statement as the API sent it. */
export interface SentStatement {
  readonly text: string;
  readonly name: string | undefined;
  readonly values: readonly unknown[];
}

const recorders = new Set<SentStatement[]>();
const original = pg.Client.prototype.query as (...args: unknown[]) => unknown;

// Patched once for good: taking a patch off while a connection still uses it would lose what it sends.
pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
  const [first] = args as [string | { text: string; name?: string; values?: unknown[] }];
  const statement = typeof first === "string" ? { text: first } : first;
  for (const sent of recorders) {
    sent.push({ name: undefined, values: [], ...statement });
  }
  return original.apply(this, args);
} as never;

/** Notes the statements that this process sends while `work` runs. */
export async function recordStatements(work: () => Promise<unknown>): Promise<SentStatement[]> {
  const sent: SentStatement[] = [];
  recorders.add(sent);
  try {
    await work();
  } finally {
    recorders.delete(sent);
  }
  return sent;
}

/** Of recorded statements the ones that read or write: no begin, settings, authentication, commit. */
export function worthwhile(sent: readonly SentStatement[]): SentStatement[] {
  return sent.filter(
    ({ text, name }) =>
      !/^(begin|commit|rollback|prepare bulkhead_\w+ .*)$/i.test(text) &&
      !name?.startsWith("bulkhead_") &&
      !/pg_settings/.test(text),
  );
}
