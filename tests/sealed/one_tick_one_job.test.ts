import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { createWorkspace, type SignedIn } from "../helpers/people.ts";
import { startTestWorker, type TestWorker } from "../helpers/worker.ts";
import { createCalls, loadMessages, session } from "./support.ts";

const database = await createDatabase();
const admin = database.pool("postgres");
let worker: TestWorker;
let calls: Awaited<ReturnType<typeof createCalls>>;
let harbour: SignedIn;
let lighthouse: SignedIn;
let ours: string[];
let theirs: string[];

beforeAll(async () => {
  worker = await startTestWorker(database);
  calls = await createCalls(database, worker.keys);
  harbour = await createWorkspace(database, "Harbour");
  lighthouse = await createWorkspace(database, "Lighthouse");
  ours = await loadMessages(
    database,
    worker.keys,
    harbour,
    Array.from({ length: 20 }, (_, n) => `Ours ${n}`),
  );
  theirs = await loadMessages(database, worker.keys, lighthouse, ["Theirs"]);
});
afterAll(() => worker.stop());

/** Jobs that the opener's queue has ever held. */
async function jobs(): Promise<number> {
  const { rows } = await admin.query(
    "select coalesce(pg_sequence_last_value(pg_get_serial_sequence('queue_opener._private_jobs', 'id')), 0)::integer as count",
  );
  return rows[0].count as number;
}

test("what is asked in one turn of the event loop, by whomever, travels as one job", async () => {
  const before = await jobs();
  const answers = await Promise.all([
    ...ours.map((id) => calls.openMessages(session(harbour), "mail.body", [id])),
    calls.openMessages(session(lighthouse), "mail.body", theirs),
  ]);
  expect((await jobs()) - before).toBe(1);
  ours.forEach((id, n) => expect(answers[n]!.get(id)).toMatchObject({ text: `Ours ${n}` }));
  expect(answers.at(-1)!.get(theirs[0]!)).toMatchObject({ text: "Theirs" });
});

test("each of those asked together gets its own workspace's messages only", async () => {
  const both = [...ours.slice(0, 1), ...theirs];
  const [a, b] = await Promise.all([
    calls.openMessages(session(harbour), "mail.body", both),
    calls.openMessages(session(lighthouse), "mail.body", both),
  ]);
  expect([...a.keys()]).toEqual(ours.slice(0, 1));
  expect([...b.keys()]).toEqual(theirs);
});

test("a job's payload holds ids only, and nothing of a call is left when it is answered", async () => {
  await worker.stop();
  const quick = await createCalls(database, worker.keys, { workerDownAfterMs: 40 });
  await expect(quick.openMessages(session(harbour), "mail.body", ours.slice(0, 1))).rejects.toMatchObject({
    code: "SEALED_WORKER_DOWN",
  });
  const { rows } = await admin.query("select payload, last_error from queue_opener._private_jobs");
  expect(rows).toHaveLength(1);
  expect(Object.keys(rows[0].payload)).toEqual(["call_ids"]);
  expect(rows[0].payload.call_ids).toHaveLength(1);
  const again = await startTestWorker(database, { services: ["opener"], keys: worker.keys });
  try {
    // The call that nobody waits for any more has a job of its own, which may be taken after the next one.
    await vi.waitFor(async () =>
      expect((await admin.query("select from queue_opener._private_jobs")).rowCount).toBe(0),
    );
    await quick.openMessages(session(harbour), "mail.body", ours.slice(0, 1));
    expect((await admin.query("select from sealed.calls")).rowCount).toBe(0);
  } finally {
    await again.stop();
  }
  expect((await admin.query("select from queue_opener._private_jobs")).rowCount).toBe(0);
});
