import { afterAll } from "vitest";
import { createSealedCalls, type SealedCallsOptions } from "../../api/sealed/sealed_calls.ts";
import type { TestDatabase } from "../helpers/database.ts";
import { asMember, type SignedIn } from "../helpers/people.ts";
import { createInbox, importMail, mboxOf, plainMessage, type TestWorkerKeys } from "../helpers/worker.ts";

/** The calls of one API process, closed after the file. */
export async function createCalls(
  database: TestDatabase,
  keys: TestWorkerKeys,
  options: Partial<SealedCallsOptions> = {},
): ReturnType<typeof createSealedCalls> {
  const databaseUrl = database.url("bulkhead_api");
  const calls = await createSealedCalls({ databaseUrl, replyKey: keys.publicKeys.reply, ...options });
  afterAll(() => calls.close());
  return calls;
}

/** How the API names a person's session. */
export const session = ({ accessToken }: SignedIn) => ({ token: accessToken, role: "bulkhead_member" });

/** Imports messages with the bodies given, subjects "Subject 0" and so on; returns their ids in that order. */
export async function loadMessages(
  database: TestDatabase,
  keys: TestWorkerKeys,
  owner: SignedIn,
  bodies: readonly string[],
): Promise<string[]> {
  const inbox = await createInbox(database, owner, `Inbox ${Math.random()}`);
  const messages = bodies.map((text, n) =>
    plainMessage({ id: `${n}.${inbox}@example.com`, subject: `Subject ${n}`, text }),
  );
  const outcome = await importMail(database, keys, owner, inbox, mboxOf(messages));
  if (outcome.imported_count !== bodies.length) throw new Error(`import: ${JSON.stringify(outcome)}`);
  const { rows } = await asMember(database, owner.accessToken, (client) =>
    client.query("select id from mail.messages where inbox_id = $1 order by received_at", [inbox]),
  );
  return rows.map(({ id }) => id as string);
}
