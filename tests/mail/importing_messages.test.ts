import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sealSecret } from "../../envelope/secret.ts";
import { KekError } from "../../worker/crypto/kek.ts";
import { splitMbox } from "../../worker/mail/split_mbox.ts";
import { createDatabase } from "../helpers/database.ts";
import { addMember, asMember, createWorkspace, type SignedIn } from "../helpers/people.ts";
import {
  askForImport,
  createInbox,
  createWorkerKeys,
  importMail,
  importOutcome,
  mboxOf,
  plainMessage,
  startTestWorker,
  type TestWorker,
} from "../helpers/worker.ts";
import { createCalls, session } from "../sealed/support.ts";

const database = await createDatabase();
const admin = database.pool("postgres");
const demo = fileURLToPath(new URL("../../demo/messages", import.meta.url));
const malformed = fileURLToPath(new URL("../mime/malformed", import.meta.url));
let worker: TestWorker;
let calls: Awaited<ReturnType<typeof createCalls>>;
let owner: SignedIn;

beforeAll(async () => {
  worker = await startTestWorker(database);
  calls = await createCalls(database, worker.keys);
  owner = await createWorkspace(database, "Harbour");
});
afterAll(() => worker.stop());

const files = (folder: string) =>
  readdirSync(folder)
    .filter((name) => /\.(eml|mbox)$/.test(name))
    .sort()
    .map((name) => readFileSync(path.join(folder, name)));
const inbox = (name: string, person = owner) => createInbox(database, person, name);
const load = (inboxId: string, source: Uint8Array | string, person = owner) =>
  importMail(database, worker.keys, person, inboxId, source);

/** The messages of an inbox as its reader sees them. */
async function read(inboxId: string, person = owner) {
  const { rows } = await asMember(database, person.accessToken, (client) =>
    client.query(
      "select id, conversation_id, sent_at, size, attachment_count from mail.messages where inbox_id = $1 order by received_at",
      [inboxId],
    ),
  );
  const ids = rows.map(({ id }) => id as string);
  const subjects = await calls.openMessages(session(person), "mail.subject", ids);
  const bodies = await calls.openMessages(session(person), "mail.body", ids);
  return rows.map((row) => ({
    ...row,
    subject: (subjects.get(row.id) as { subject: string }).subject,
    body: bodies.get(row.id) as { text: string; attachments: { id: string; filename: string | null }[] },
  }));
}

test("every demo message comes in and can be read, whichever file it is in", async () => {
  for (const [folder, least] of [
    ["harbour", 28],
    ["lighthouse", 23],
  ] as const) {
    const inboxId = await inbox(folder);
    const messages = files(path.join(demo, folder));
    const outcome = await load(inboxId, mboxOf(messages));
    expect(outcome).toEqual({
      status: "done",
      imported_count: messages.length,
      unchanged_count: 0,
      failed_count: 0,
      total_count: messages.length,
      error_code: null,
    });
    expect(messages.length).toBeGreaterThanOrEqual(least);
    const read_ = await read(inboxId);
    expect(read_.filter(({ body }) => body.text.trim() !== "").length).toBeGreaterThanOrEqual(
      messages.length - 2,
    );
  }
  const archive = readFileSync(path.join(demo, "archive.mbox"));
  const inboxId = await inbox("archive");
  expect(await load(inboxId, archive)).toMatchObject({
    status: "done",
    imported_count: splitMbox(archive).length,
  });
});

test("charsets and scripts, attachments and threads arrive as they were sent", async () => {
  const inboxId = await inbox("some of harbour");
  const pick = (name: string) => readFileSync(path.join(demo, "harbour", name));
  await load(
    inboxId,
    mboxOf(
      [
        "japanese-shift-jis.eml",
        "sales-quote-1.eml",
        "sales-quote-2.eml",
        "sales-quote-3.eml",
        "billing-invoice-1.eml",
      ].map(pick),
    ),
  );
  const messages = await read(inboxId);
  expect(messages.map(({ subject }) => subject)).toEqual([
    "横浜からの輸送について",
    "Rates for two containers Rotterdam to Halifax",
    "Re: Rates for two containers Rotterdam to Halifax",
    "Re: Rates for two containers Rotterdam to Halifax",
    "Rechnung 3301 über 1.290€",
  ]);
  expect(messages[0]!.body.text).toContain("お世話になっております。");
  expect(messages[3]!.body.attachments).toMatchObject([
    { filename: "Quote 7003.pdf", contentType: "application/pdf" },
  ]);
  expect(messages[3]!.attachment_count).toBe(1);
  const conversations = messages.map(({ conversation_id }) => conversation_id);
  expect(new Set(conversations.slice(1, 4)).size).toBe(1);
  expect(new Set(conversations).size).toBe(3);
});

test("a message in base64, as JSON carries bytes, is read as what it is", async () => {
  const inboxId = await inbox("base64");
  const bytes = readFileSync(path.join(demo, "harbour", "japanese-shift-jis.eml"));
  expect(await load(inboxId, bytes.toString("base64"))).toMatchObject({ status: "done", imported_count: 1 });
  expect((await read(inboxId))[0]!.subject).toBe("横浜からの輸送について");
});

test("a message that cannot be read is refused with a code of its own and loses nothing else", async () => {
  const inboxId = await inbox("with malformed ones");
  const bad = ["no_headers.eml", "nested_200_deep.eml"].map((name) =>
    readFileSync(path.join(malformed, name)),
  );
  const good = [1, 2, 3].map((n) =>
    plainMessage({ id: `good.${n}@example.com`, subject: `Good ${n}`, text: "x" }),
  );
  const importId = await askForImport(
    database,
    worker.keys,
    owner,
    inboxId,
    mboxOf([good[0]!, bad[0]!, good[1]!, bad[1]!, good[2]!]),
  );
  expect(await importOutcome(database, owner, importId)).toMatchObject({
    status: "done",
    imported_count: 3,
    failed_count: 2,
    total_count: 5,
  });
  const { rows } = await asMember(database, owner.accessToken, (client) =>
    client.query(
      "select position, code, message from mail.import_errors where import_id = $1 order by position",
      [importId],
    ),
  );
  expect(rows).toEqual([
    { position: 2, code: "MIME_NO_HEADERS", message: "the bytes do not begin with the header of a message" },
    {
      position: 4,
      code: "MIME_TOO_DEEP",
      message: "the message has too many parts or nests them too deeply",
    },
  ]);
  expect((await read(inboxId)).map(({ subject }) => subject)).toEqual(["Good 1", "Good 2", "Good 3"]);
});

test("importing the same messages again changes nothing", async () => {
  const inboxId = await inbox("again");
  const source = mboxOf(files(path.join(demo, "lighthouse")));
  const { imported_count: count } = await load(inboxId, source);
  const state = async () =>
    (
      await admin.query(
        `select (select jsonb_agg(to_jsonb(m) order by m.id) from mail.messages m where m.inbox_id = $1) as messages,
          (select jsonb_agg(to_jsonb(c) order by c.id) from mail.conversations c where c.inbox_id = $1) as conversations,
          (select count(*) from mail.message_references r where r.inbox_id = $1) as message_references,
          (select count(*) from mail.attachments) as attachments`,
        [inboxId],
      )
    ).rows[0];
  const before = await state();
  expect(await load(inboxId, source)).toMatchObject({
    status: "done",
    imported_count: 0,
    unchanged_count: count,
    failed_count: 0,
  });
  expect(await state()).toEqual(before);
});

test("a reply finds its conversation whichever of the two came first", async () => {
  const inboxId = await inbox("threads");
  const question = plainMessage({ id: "q@Example.COM", subject: "A question", text: "?" });
  const answer = plainMessage({
    id: "a@example.com",
    subject: "Re: A question",
    text: "!",
    inReplyTo: "q@example.com",
  });
  const stranger = plainMessage({ id: "s@example.com", subject: "Re: A question", text: "me too" });
  await load(inboxId, mboxOf([answer, stranger]));
  await load(inboxId, question);
  const [first, second, third] = await read(inboxId);
  expect(third!.conversation_id).toBe(first!.conversation_id);
  expect(second!.conversation_id).not.toBe(first!.conversation_id);
});

test("a Message-ID of another inbox or workspace is nobody's duplicate, and its hash shows nothing", async () => {
  const other = await createWorkspace(database, "Lighthouse");
  const source = plainMessage({ id: "same@example.com", subject: "Same", text: "x" });
  const inboxes = [await inbox("same 1"), await inbox("same 2"), await inbox("same 3", other)];
  expect(await load(inboxes[0]!, source)).toMatchObject({ imported_count: 1 });
  expect(await load(inboxes[1]!, source)).toMatchObject({ imported_count: 1 });
  expect(await load(inboxes[2]!, source, other)).toMatchObject({ imported_count: 1 });
  const { rows } = await admin.query(
    "select distinct encode(message_id_hash, 'hex') as hash from mail.messages where inbox_id = any ($1)",
    [inboxes],
  );
  expect(rows).toHaveLength(2);
});

test.each([
  [
    "sealed for another workspace",
    { workspace: "00000000-0000-4000-8000-000000000000" },
    "IMPORT_SOURCE_BELONGS_ELSEWHERE",
  ],
  [
    "sealed by another person",
    { person: "00000000-0000-4000-8000-000000000000" },
    "IMPORT_SOURCE_BELONGS_ELSEWHERE",
  ],
  ["sealed to a key that the worker does not hold", {}, "IMPORT_SOURCE_KEY_UNKNOWN"],
])("a source %s fails the import with a code and is forgotten", async (_what, changed, code) => {
  const inboxId = await inbox(`refused ${Math.random()}`);
  const keys = code === "IMPORT_SOURCE_KEY_UNKNOWN" ? createWorkerKeys() : worker.keys;
  const sealed = sealSecret(
    keys.publicKeys.intake[0]!,
    { workspace: owner.workspaceId, person: owner.personId, ...changed },
    plainMessage({ id: "x@example.com", subject: "x", text: "x" }),
  );
  const { rows } = await asMember(database, owner.accessToken, (client) =>
    client.query("select id from mail.import_messages($1, $2)", [inboxId, sealed]),
  );
  expect(await importOutcome(database, owner, rows[0].id)).toMatchObject({
    status: "failed",
    imported_count: 0,
    error_code: code,
  });
  expect((await admin.query("select from mail.import_sources where id = $1", [rows[0].id])).rowCount).toBe(0);
});

test("an empty source fails the import with a code", async () => {
  const inboxId = await inbox("empty");
  expect(await load(inboxId, "\r\n\r\n")).toMatchObject({ status: "failed", error_code: "IMPORT_EMPTY" });
});

test("an import whose last try failed says so, and its job holds a code and nothing else", async () => {
  const stranger = await createWorkspace(database, "Keyless");
  const inboxId = await inbox("given up", stranger);
  await worker.stop();
  const importId = await askForImport(
    database,
    worker.keys,
    stranger,
    inboxId,
    plainMessage({ id: "x@example.com", subject: "x", text: "x" }),
  );
  await admin.query("update queue_mail_sync._private_jobs set max_attempts = 1");
  const failing = await startTestWorker(database, {
    services: ["mail_sync"],
    keys: worker.keys,
    change: (config) => ({
      ...config,
      kek: {
        ...config.kek!,
        wrap: () => Promise.reject(new KekError("KEK_UNAVAILABLE", "the key service is down")),
      },
    }),
  });
  expect(await importOutcome(database, stranger, importId)).toMatchObject({
    status: "failed",
    error_code: "IMPORT_GAVE_UP",
  });
  await failing.stop();
  const { rows } = await admin.query("delete from queue_mail_sync._private_jobs returning last_error");
  expect(rows).toEqual([{ last_error: "KEK_UNAVAILABLE" }]);
  worker = await startTestWorker(database, { keys: worker.keys });
});

test("what was imported leaves no source, no job and no open ticket behind", async () => {
  const { rows } = await admin.query(
    `select (select count(*)::integer from mail.import_sources) as sources,
      (select count(*)::integer from queue_mail_sync._private_jobs) as jobs,
      (select count(*)::integer from session.tickets where finished_at is null) as tickets,
      (select count(*)::integer from session.tokens where ticket_id is not null and revoked_at is null) as tokens`,
  );
  expect(rows[0]).toEqual({ sources: 0, jobs: 0, tickets: 0, tokens: 0 });
});

test("a member without the right to import is refused", async () => {
  const inboxId = await inbox("not for all");
  const viewer = await addMember(database, owner, "viewer");
  await expect(askForImport(database, worker.keys, viewer, inboxId, "x")).rejects.toMatchObject({
    code: "ZT001",
  });
});

test("a message that is stored is bound to its row: nothing of it is readable to the database's owner", async () => {
  const inboxId = await inbox("sealed");
  await load(
    inboxId,
    plainMessage({ id: "canary@example.com", subject: "SubjectCanary", text: "BodyCanary" }),
  );
  const { rows } = await admin.query(
    "select m::text as row, id, workspace_id, sealed_body from mail.messages m where inbox_id = $1",
    [inboxId],
  );
  expect(rows[0].row).not.toMatch(/canary/i);
  const header = JSON.parse(Buffer.from(rows[0].sealed_body.split(".")[0], "base64url").toString());
  expect(header).toMatchObject({
    alg: "A256GCMKW",
    enc: "A256GCM",
    kid: `${rows[0].workspace_id}/content/1`,
    wid: rows[0].workspace_id,
    knd: "mail.body",
    rid: rows[0].id,
  });
});
