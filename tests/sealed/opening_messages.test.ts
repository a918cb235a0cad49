import { afterAll, beforeAll, expect, test } from "vitest";
import { createSealedCalls } from "../../api/sealed/sealed_calls.ts";
import { SealedCallError } from "../../api/sealed/types.ts";
import { currentKey, keyringOf } from "../../worker/crypto/current_key.ts";
import { createDatabase } from "../helpers/database.ts";
import { addMember, asMember, createWorkspace, type SignedIn } from "../helpers/people.ts";
import {
  createInbox,
  importMail,
  mboxOf,
  plainMessage,
  startTestWorker,
  type TestWorker,
} from "../helpers/worker.ts";

const database = await createDatabase();
let worker: TestWorker;
let sealed: Awaited<ReturnType<typeof createSealedCalls>>;
let harbour: SignedIn;
let lighthouse: SignedIn;
let harbourIds: string[];
let lighthouseIds: string[];

const long = "0123456789 ÄÖÜ 漢字 ".repeat(2_000).trimEnd();

beforeAll(async () => {
  worker = await startTestWorker(database);
  sealed = await createSealedCalls({
    databaseUrl: database.url("bulkhead_api"),
    replyKey: worker.keys.publicKeys.reply,
  });
  harbour = await createWorkspace(database, "Harbour");
  lighthouse = await createWorkspace(database, "Lighthouse");
  harbourIds = await load(harbour, 60);
  lighthouseIds = await load(lighthouse, 3);
});
afterAll(async () => {
  await sealed?.close();
  await worker?.stop();
});

async function load(person: SignedIn, count: number): Promise<string[]> {
  const inbox = await createInbox(database, person, "Support");
  const messages = Array.from({ length: count }, (_, n) =>
    plainMessage({
      id: `${n}@${person.workspaceId}.example.com`,
      subject: `Subject ${n}`,
      text: n === 0 ? long : `Body ${n}`,
    }),
  );
  const outcome = await importMail(database, worker.keys, person, inbox, mboxOf(messages));
  expect(outcome).toMatchObject({ status: "done", imported_count: count, failed_count: 0 });
  const { rows } = await asMember(database, person.accessToken, (client) =>
    client.query("select id from mail.messages order by id"),
  );
  return rows.map(({ id }) => id as string);
}

const session = (person: SignedIn) => ({ token: person.accessToken, role: "bulkhead_member" });

test("a member reads subject and body of a message of their workspace", async () => {
  const [, id] = harbourIds;
  const subjects = await sealed.openMessages(session(harbour), "mail.subject", [id!]);
  expect(subjects.get(id!)).toEqual({
    subject: "Subject 1",
    from: { name: "Ada", address: "ada@example.com" },
    to: [{ name: "Team", address: "team@example.com" }],
    cc: [],
  });
  const bodies = await sealed.openMessages(session(harbour), "mail.body", [id!]);
  expect(bodies.get(id!)).toMatchObject({ text: "Body 1", html: null, attachments: [] });
});

test("fifty bodies come in one answer, one of them longer than a notification", async () => {
  const bodies = await sealed.openMessages(session(harbour), "mail.body", harbourIds.slice(0, 50));
  expect(bodies.size).toBe(50);
  harbourIds.slice(0, 50).forEach((id, n) => {
    expect(bodies.get(id)).toMatchObject({ text: n === 0 ? long : `Body ${n}` });
  });
});
