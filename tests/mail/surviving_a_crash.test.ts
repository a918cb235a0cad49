import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { createWorkspace } from "../helpers/people.ts";
import {
  askForImport,
  createInbox,
  createWorkerKeys,
  importOutcome,
  mboxOf,
  plainMessage,
  startTestWorker,
} from "../helpers/worker.ts";

const database = await createDatabase();
const admin = database.pool("postgres");
const keys = createWorkerKeys();
const children: ChildProcess[] = [];
afterAll(() => children.forEach((child) => child.kill("SIGKILL")));

const total = 120;
const unreadable = 40;

async function startChild(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [fileURLToPath(new URL("killable_worker.ts", import.meta.url))], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      PATH: process.env.PATH,
      WORKER_SERVICES: "mail_sync",
      MAIL_SYNC_DATABASE_URL: database.url("bulkhead_mail_sync"),
      WORKER_PRIVATE_KEYS: keys.privateText,
      KEK_PROVIDER: "local",
      KEK_KEYRING: keys.keyRingText,
    },
  });
  children.push(child);
  child.stdout!.resume();
  return child;
}

async function processed(importId: string): Promise<number> {
  const { rows } = await admin.query(
    "select imported_count + unchanged_count + failed_count as done from mail.imports where id = $1",
    [importId],
  );
  return rows[0].done as number;
}

test("a worker killed in the middle of an import, again and again, loses no message and stores none twice", async () => {
  const owner = await createWorkspace(database, "Harbour");
  const inbox = await createInbox(database, owner, "Inbox");
  const messages = Array.from({ length: total }, (_, n) =>
    n === unreadable
      ? "no header at all"
      : plainMessage({
          id: `${n}@example.com`,
          subject: `Subject ${n}`,
          text: "x".repeat(500),
          inReplyTo: `${n - (n % 10)}@example.com`,
        }),
  );
  const importId = await askForImport(database, keys, owner, inbox, mboxOf(messages));

  const stops: number[] = [];
  for (const until of [5, 35, 60]) {
    const child = await startChild();
    while ((await processed(importId)) < until) await new Promise((resolve) => setTimeout(resolve, 2));
    child.kill("SIGKILL");
    await once(child, "exit");
    stops.push(await processed(importId));
  }
  // It really was interrupted: not even the last of the three finished it.
  expect(stops.at(-1)).toBeLessThan(total);
  const { rows: locked } = await admin.query("select locked_by, attempts from queue_mail_sync._private_jobs");
  expect(locked).toMatchObject([{ locked_by: expect.stringMatching(/^pool-/), attempts: 3 }]);

  const last = await startTestWorker(database, { services: ["mail_sync"], keys, recoverEveryMs: 100 });
  try {
    expect(await importOutcome(database, owner, importId)).toEqual({
      status: "done",
      imported_count: total - 1,
      unchanged_count: 0,
      failed_count: 1,
      total_count: total,
      error_code: null,
    });
  } finally {
    await last.stop();
  }
  const { rows } = await admin.query(
    `select count(*)::integer as messages, count(distinct message_id_hash)::integer as different,
      (select sum(message_count)::integer from mail.conversations) as counted,
      (select count(*)::integer from mail.conversations) as conversations,
      (select array_agg(position) from mail.import_errors) as errors,
      (select count(*)::integer from queue_mail_sync._private_jobs) as jobs,
      (select count(*)::integer from mail.import_sources) as sources
    from mail.messages`,
  );
  expect(rows[0]).toEqual({
    messages: total - 1,
    different: total - 1,
    counted: total - 1,
    conversations: total / 10,
    errors: [unreadable + 1],
    jobs: 0,
    sources: 0,
  });
}, 60_000);

test("a worker that lives keeps its job, however often the others look for dead ones", async () => {
  const owner = await createWorkspace(database, "Lighthouse");
  const inbox = await createInbox(database, owner, "Inbox");
  const first = await startTestWorker(database, { services: ["mail_sync"], keys, recoverEveryMs: 20 });
  const second = await startTestWorker(database, { services: ["mail_sync"], keys, recoverEveryMs: 20 });
  const messages = Array.from({ length: 100 }, (_, n) =>
    plainMessage({ id: `${n}@l.example`, subject: "S", text: "T" }),
  );
  const importId = await askForImport(database, keys, owner, inbox, mboxOf(messages));
  const attempts = new Set<number>();
  for (;;) {
    const { rows } = await admin.query("select attempts from queue_mail_sync._private_jobs");
    if (!rows[0]) break;
    attempts.add(rows[0].attempts);
  }
  expect(Math.max(...attempts)).toBe(1);
  expect(await importOutcome(database, owner, importId)).toMatchObject({
    status: "done",
    imported_count: 100,
  });
  await Promise.all([first.stop(), second.stop()]);
  expect([...first.lines, ...second.lines]).toEqual([]);
});
