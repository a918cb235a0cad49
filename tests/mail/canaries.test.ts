import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSealedCalls } from "../../api/sealed/sealed_calls.ts";
import { channelOf } from "../../envelope/answer.ts";
import { sealSecret } from "../../envelope/secret.ts";
import {
  canary,
  createSearch,
  type LoudDatabase,
  searchFiles,
  searchTables,
  startLoudDatabase,
} from "../helpers/canaries.ts";
import type { TestDatabase } from "../helpers/database.ts";
import { asMember, createWorkspace, type SignedIn } from "../helpers/people.ts";
import {
  askForImport,
  createInbox,
  createWorkerKeys,
  importMail,
  importOutcome,
  mboxOf,
} from "../helpers/worker.ts";
import { session } from "../sealed/support.ts";

// A server of its own, which logs every statement with its parameters and keeps all of its write-ahead log.
let loud: LoudDatabase;
let database: TestDatabase;
let worker: ChildProcess;
let owner: SignedIn;
let inbox: string;
const keys = createWorkerKeys();
const printed: string[] = [];
const notified: string[] = [];

const planted = {
  subject: canary(),
  sender: canary(),
  address: canary(),
  body: canary(),
  filename: canary(),
  attachment: canary(),
  messageId: canary(),
  malformed: canary(),
  elsewhere: canary(),
};
/** Stored in the clear, so every search below must find it: a search that finds nothing proves nothing otherwise. */
const control = canary();

const found = createSearch({ ...planted, control });

beforeAll(async () => {
  loud = await startLoudDatabase();
  ({ database } = loud);
  worker = spawn(process.execPath, [fileURLToPath(new URL("../../worker.ts", import.meta.url))], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env.PATH,
      WORKER_SERVICES: "opener,mail_sync,janitor",
      OPENER_DATABASE_URL: database.url("bulkhead_opener"),
      MAIL_SYNC_DATABASE_URL: database.url("bulkhead_mail_sync"),
      JANITOR_DATABASE_URL: database.url("bulkhead_janitor"),
      WORKER_PRIVATE_KEYS: keys.privateText,
      KEK_PROVIDER: "local",
      KEK_KEYRING: keys.keyRingText,
    },
  });
  for (const stream of [worker.stdout!, worker.stderr!])
    stream.on("data", (data) => printed.push(String(data)));
  owner = await createWorkspace(database, "Harbour");
  inbox = await createInbox(database, owner, control);
}, 120_000);
afterAll(async () => {
  worker?.kill("SIGKILL");
  await loud?.stop();
});

test("mail with canaries goes in and is read, and the ways that fail are taken too", async () => {
  const mime = [
    `From: ${planted.sender} <${planted.address}@example.com>`,
    "To: team@example.com",
    `Subject: ${planted.subject}`,
    `Message-ID: <${planted.messageId}@example.com>`,
    "Date: Mon, 05 Jan 2026 10:00:00 +0000",
    'Content-Type: multipart/mixed; boundary="b"',
    "",
    "--b",
    "Content-Type: text/plain; charset=utf-8",
    "",
    `${planted.body} `.repeat(2_000),
    "--b",
    `Content-Type: application/octet-stream; name="${planted.filename}.bin"`,
    `Content-Disposition: attachment; filename="${planted.filename}.bin"`,
    "Content-Transfer-Encoding: base64",
    "",
    Buffer.from(planted.attachment).toString("base64"),
    "--b--",
    "",
  ].join("\r\n");
  const source = mboxOf([mime, `${planted.malformed} is no header`]);
  expect(await importMail(database, keys, owner, inbox, source)).toMatchObject({
    imported_count: 1,
    failed_count: 1,
  });
  expect(await importMail(database, keys, owner, inbox, source)).toMatchObject({
    unchanged_count: 1,
    failed_count: 1,
  });

  const strange = { workspace: owner.workspaceId, person: owner.workspaceId };
  const sealed = sealSecret(keys.publicKeys.intake[0]!, strange, `Subject: ${planted.elsewhere}\r\n\r\n`);
  const { rows: imports } = await asMember(database, owner.accessToken, (client) =>
    client.query("select id from mail.import_messages($1, $2)", [inbox, sealed]),
  );
  expect(await importOutcome(database, owner, imports[0].id)).toMatchObject({ status: "failed" });

  const calls = await createSealedCalls({
    databaseUrl: database.url("bulkhead_api"),
    replyKey: keys.publicKeys.reply,
  });
  const listener = await database.pool("postgres").connect();
  listener.on("notification", ({ payload }) => notified.push(payload!));
  await listener.query(`listen "${channelOf(calls.callerId)}"`);
  const { rows } = await asMember(database, owner.accessToken, (client) =>
    client.query("select id from mail.messages"),
  );
  const subjects = await calls.openMessages(session(owner), "mail.subject", [rows[0].id]);
  expect(subjects.get(rows[0].id)).toMatchObject({
    subject: planted.subject,
    from: { name: planted.sender, address: `${planted.address}@example.com` },
  });
  const bodies = await calls.openMessages(session(owner), "mail.body", [rows[0].id]);
  const body = bodies.get(rows[0].id) as { text: string; attachments: { filename: string }[] };
  expect(body.text).toContain(planted.body);
  expect(body.attachments[0]!.filename).toBe(`${planted.filename}.bin`);
  await expect(
    calls.openMessages({ ...session(owner), token: "x" }, "mail.body", [rows[0].id]),
  ).rejects.toThrow();
  await listener.query("select 1");
  listener.release(true);
  await calls.close();
  // A job that is never done, with its source, stays for the search.
  worker.kill("SIGSTOP");
  await askForImport(database, keys, owner, inbox, source);
}, 60_000);

test("no column of any table holds a canary, queues and catalogs included", async () => {
  const { hits, tableCount } = await searchTables(database, found);
  expect(tableCount).toBeGreaterThan(80);
  expect(hits).toEqual({ "mail.inboxes": ["control"] });
});

test("no sealed column holds a canary once its base64 is undone", async () => {
  const { rows } = await database
    .pool("postgres")
    .query(
      "select sealed_subject as jwe from mail.messages union all select sealed_body from mail.messages union all select sealed_content from mail.attachments union all select sealed_source from mail.import_sources",
    );
  expect(rows).toHaveLength(4);
  for (const { jwe } of rows)
    expect(
      found(
        jwe
          .split(".")
          .map((part: string) => Buffer.from(part, "base64url").toString("latin1"))
          .join("\n"),
      ),
    ).toEqual([]);
});

test("no notification held a canary", () => {
  expect(notified.length).toBeGreaterThan(5);
  expect(found(notified.join("\n"))).toEqual([]);
  for (const payload of notified)
    expect(found(Buffer.from(payload.split(".").at(-2)!, "base64url").toString("latin1"))).toEqual([]);
});

test("no file of the server does: tables, write-ahead log, server log with every statement's parameters", async () => {
  const hits = await searchFiles(loud, found);
  expect([...new Set([...hits.values()].flat())]).toEqual(["control"]);
  expect([...hits.keys()].some((file) => file.startsWith("pg_wal"))).toBe(true);
  expect([...hits.keys()].some((file) => file.startsWith("base"))).toBe(true);
  expect(hits.has(path.relative(loud.server.dataDir, loud.server.logFile))).toBe(true);
}, 60_000);

test("the worker printed no canary and none of its keys", async () => {
  worker.kill("SIGCONT");
  worker.kill("SIGTERM");
  await once(worker, "exit");
  const output = printed.join("");
  expect(output).toContain("worker: running opener, mail_sync, janitor");
  expect(found(output)).toEqual([]);
  const secrets = [
    ...keys.privateText.matchAll(/"d":"([^"]+)"/g),
    ...keys.keyRingText.matchAll(/"v1":"([^"]+)"/g),
  ];
  expect(secrets).toHaveLength(3);
  for (const [, secret] of secrets) expect(output).not.toContain(secret);
});
