import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { addMember, asMember, createWorkspace } from "../helpers/people.ts";
import {
  askForImport,
  createInbox,
  createWorkerKeys,
  importMail,
  importOutcome,
  mboxOf,
  plainMessage,
  startTestWorker,
} from "../helpers/worker.ts";
import { createCalls, session } from "../sealed/support.ts";

const database = await createDatabase();
const admin = database.pool("postgres");
const keys = createWorkerKeys();

const withAttachment = (n: number) =>
  [
    "From: Ada <ada@example.com>",
    "To: team@example.com",
    `Subject: With attachment ${n}`,
    `Message-ID: <attached-${n}@example.com>`,
    "Date: Mon, 05 Jan 2026 10:00:00 +0000",
    'Content-Type: multipart/mixed; boundary="b"',
    "",
    "--b",
    "Content-Type: text/plain; charset=utf-8",
    "",
    `body ${n}`,
    "--b",
    `Content-Type: application/octet-stream; name="${n}.bin"`,
    "Content-Transfer-Encoding: base64",
    "",
    Buffer.from(`attachment ${n}`).toString("base64"),
    "--b--",
    "",
  ].join("\r\n");

test("a content key that is given up: everything that it sealed is sealed anew across a crash, read and imported meanwhile, and it is destroyed", async () => {
  const owner = await createWorkspace(database, "Harbour");
  const inbox = await createInbox(database, owner, "Inbox");
  const query = async (text: string, values: unknown[] = []) =>
    (await asMember(database, owner.accessToken, (client) => client.query(text, values))).rows;
  const report = () =>
    query(
      "select version, is_current, ciphertext_count::integer as n from tenancy.key_versions() where purpose = 'content'",
    );
  const ended = async (id: string) => {
    for (;;) {
      const [row] = await query("select * from tenancy.key_operations where id = $1 and status <> 'queued'", [
        id,
      ]);
      if (row) return row;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  let worker = await startTestWorker(database, { keys });
  const calls = await createCalls(database, keys);
  const plain = Array.from({ length: 30 }, (_, n) =>
    plainMessage({ id: `${n}@example.com`, subject: `Subject ${n}`, text: `text ${n}` }),
  );
  await importMail(
    database,
    keys,
    owner,
    inbox,
    mboxOf([...plain, withAttachment(1), withAttachment(2), withAttachment(3)]),
  );
  const other = await createWorkspace(database, "Lighthouse");
  await importMail(
    database,
    keys,
    other,
    await createInbox(database, other, "Inbox"),
    mboxOf(plain.slice(0, 2)),
  );
  expect(await report()).toEqual([{ version: 1, is_current: true, n: 33 * 2 + 3 }]);
  await expect(query("select tenancy.reencrypt_content(1)")).rejects.toMatchObject({ code: "ZK002" });
  const admitted = await addMember(database, owner, "admin");
  await expect(
    asMember(database, admitted.accessToken, (client) => client.query("select tenancy.reencrypt_content(1)")),
  ).rejects.toMatchObject({ code: "ZT001" });

  const [rotation] = await query("select id from tenancy.rotate_workspace_key('content')");
  expect(await ended(rotation.id)).toMatchObject({ status: "done", version: 2 });
  await worker.stop();
  const before = await query("select id, sort_at from mail.messages order by id");

  // A worker that is killed with the twenty-fifth ciphertext, in the middle of its second batch.
  const [operation] = await query("select id from tenancy.reencrypt_content(1)");
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL("../connections/killable_worker.ts", import.meta.url))],
    {
      stdio: ["ignore", "ignore", "inherit"],
      env: {
        PATH: process.env.PATH,
        KILL_AT: JSON.stringify({ statement: "store_resealed_content", moment: "before", skip: 24 }),
        WORKER_SERVICES: "mail_sync",
        MAIL_SYNC_DATABASE_URL: database.url("bulkhead_mail_sync"),
        WORKER_PRIVATE_KEYS: keys.privateText,
        KEK_PROVIDER: "local",
        KEK_KEYRING: keys.keyRingText,
      },
    },
  );
  await once(child, "exit");
  const half = await report();
  expect(half.map(({ n }) => n)).toEqual([69 - 20, 20]);
  const [progress] = await query(
    "select status, done_count, total_count from tenancy.key_operations where id = $1",
    [operation.id],
  );
  expect(progress).toEqual({ status: "queued", done_count: 20, total_count: 69 });

  // Its successor goes on. Reading does not stop, and an import comes in between.
  worker = await startTestWorker(database, { keys, recoverEveryMs: 100 });
  const counts = { reads: 0, failed: 0 };
  let reading = true;
  const load = (async () => {
    while (reading) {
      for (const { id } of before) {
        try {
          const opened = await calls.openMessages(session(owner), "mail.subject", [id]);
          if (opened.get(id)) counts.reads += 1;
          else counts.failed += 1;
        } catch {
          counts.failed += 1;
        }
      }
    }
  })();
  const more = Array.from({ length: 20 }, (_, n) =>
    plainMessage({ id: `late-${n}@example.com`, subject: `Late ${n}`, text: "late" }),
  );
  const importId = await askForImport(database, keys, owner, inbox, mboxOf(more));
  expect(await ended(operation.id)).toMatchObject({
    status: "done",
    error_code: null,
    done_count: 69,
    total_count: 69,
  });
  expect(await importOutcome(database, owner, importId)).toMatchObject({
    status: "done",
    imported_count: 20,
  });
  reading = false;
  await load;
  console.log("reading while a content key is given up", counts);
  expect(counts.failed).toBe(0);
  expect(counts.reads).toBeGreaterThan(0);

  expect(await report()).toEqual([{ version: 2, is_current: true, n: 69 + 40 }]);
  expect(
    (
      await admin.query(
        "select version from keyring.workspace_keys where workspace_id = $1 and purpose = 'content'",
        [owner.workspaceId],
      )
    ).rows,
  ).toEqual([{ version: 2 }]);
  // Another workspace's first version stays.
  expect(
    (
      await admin.query(
        "select version from keyring.workspace_keys where workspace_id = $1 and purpose = 'content'",
        [other.workspaceId],
      )
    ).rows,
  ).toEqual([{ version: 1 }]);
  const ids = before.map(({ id }) => id as string);
  const subjects = await calls.openMessages(session(owner), "mail.subject", ids);
  const bodies = await calls.openMessages(session(owner), "mail.body", ids);
  expect(subjects.size).toBe(33);
  expect(
    [...bodies.values()].filter((body) => (body as { attachments: unknown[] }).attachments.length === 1),
  ).toHaveLength(3);
  expect(
    await query(
      "select count(*)::integer as n from audit.events where action = 'content.reencryption_started'",
    ),
  ).toEqual([{ n: 1 }]);
  await calls.close();
  await worker.stop();
}, 90_000);

test("a message that was sealed under a version which is given up meanwhile is refused, and sealed anew", async () => {
  const owner = await createWorkspace(database, "Pier");
  const inbox = await createInbox(database, owner, "Inbox");
  const worker = await startTestWorker(database, { services: ["mail_sync"], keys });
  await importMail(
    database,
    keys,
    owner,
    inbox,
    mboxOf([plainMessage({ id: "1@p", subject: "S", text: "T" })]),
  );
  await worker.stop();
  // As if the version were being given up while an import is under way with it in memory.
  await admin.query(
    "insert into tenancy.key_operations (workspace_id, service, kind, purpose, version) values ($1, 'mail_sync', 'reencrypt', 'content', 1)",
    [owner.workspaceId],
  );
  const importId = await askForImport(
    database,
    keys,
    owner,
    inbox,
    mboxOf([plainMessage({ id: "2@p", subject: "S", text: "T" })]),
  );
  const second = await startTestWorker(database, { services: ["mail_sync"], keys });
  const { rows } = await (async () => {
    for (;;) {
      const found = await admin.query(
        "select last_error from queue_mail_sync._private_jobs where task_id = (select id from queue_mail_sync._private_tasks where identifier = 'import_messages') and last_error is not null",
      );
      if (found.rowCount) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  expect(rows[0].last_error).toBe("DATABASE_ZK003");
  await admin.query("update tenancy.key_operations set status = 'failed' where workspace_id = $1", [
    owner.workspaceId,
  ]);
  await admin.query("update queue_mail_sync._private_jobs set run_at = now()");
  expect(await importOutcome(database, owner, importId)).toMatchObject({ status: "done", imported_count: 1 });
  await second.stop();
});
