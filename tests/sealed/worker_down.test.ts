import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { createWorkspace, type SignedIn } from "../helpers/people.ts";
import { startTestWorker, type TestWorker } from "../helpers/worker.ts";
import { createCalls, loadMessages, session } from "./support.ts";

const database = await createDatabase();
const admin = database.pool("postgres");
let worker: TestWorker;
let owner: SignedIn;
let ids: string[];

beforeAll(async () => {
  worker = await startTestWorker(database);
  owner = await createWorkspace(database, "Harbour");
  ids = await loadMessages(database, worker.keys, owner, ["One"]);
});
afterAll(() => worker.stop());

test("without a worker a call fails with a code, long before its time is up", async () => {
  const opener = await startTestWorker(database, { services: ["opener"], keys: worker.keys });
  await worker.stop();
  const calls = await createCalls(database, worker.keys, { timeoutMs: 25_000, workerDownAfterMs: 40 });
  expect((await calls.openMessages(session(owner), "mail.body", ids)).size).toBe(1);
  await opener.stop();
  await expect(calls.openMessages(session(owner), "mail.body", ids)).rejects.toMatchObject({
    code: "SEALED_WORKER_DOWN",
    message: "no worker is there to answer",
  });
});

test("another service's worker is no worker of this one", async () => {
  const other = await startTestWorker(database, { services: ["janitor"] });
  const calls = await createCalls(database, worker.keys, { timeoutMs: 25_000, workerDownAfterMs: 40 });
  await expect(calls.openMessages(session(owner), "mail.body", ids)).rejects.toMatchObject({
    code: "SEALED_WORKER_DOWN",
  });
  await expect(calls.askIdentity("00000000-0000-4000-8000-000000000000")).rejects.toMatchObject({
    code: "SEALED_WORKER_DOWN",
  });
  await other.stop();
});

test("a worker that does not answer in time is given up with a code", async () => {
  const calls = await createCalls(database, worker.keys, { timeoutMs: 80, workerDownAfterMs: 60_000 });
  await expect(calls.openMessages(session(owner), "mail.body", ids)).rejects.toMatchObject({
    code: "SEALED_TIMEOUT",
  });
});

test("beyond the calls that may wait, a call is refused at once", async () => {
  const calls = await createCalls(database, worker.keys, {
    maxPending: 1,
    timeoutMs: 300,
    workerDownAfterMs: 60_000,
  });
  const first = calls.openMessages(session(owner), "mail.body", ids);
  await expect(calls.openMessages(session(owner), "mail.body", ids)).rejects.toMatchObject({
    code: "SEALED_OVERLOADED",
  });
  await expect(first).rejects.toMatchObject({ code: "SEALED_TIMEOUT" });
});

test("a lost connection fails those who wait, and comes back by itself under a new key", async () => {
  const calls = await createCalls(database, worker.keys, { workerDownAfterMs: 60_000 });
  const waiting = calls.openMessages(session(owner), "mail.body", ids);
  const refused = expect(waiting).rejects.toMatchObject({ code: "SEALED_UNAVAILABLE" });
  const before = calls.callerId;
  await admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'bulkhead api answers'",
  );
  await refused;
  const opener = await startTestWorker(database, { services: ["opener"], keys: worker.keys });
  await vi.waitFor(() => expect(calls.callerId).not.toBe(before), { timeout: 10_000 });
  expect((await calls.openMessages(session(owner), "mail.body", ids)).size).toBe(1);
  await opener.stop();
});

test("after closing, a call is refused", async () => {
  const calls = await createCalls(database, worker.keys);
  await calls.close();
  await expect(calls.openMessages(session(owner), "mail.body", ids)).rejects.toMatchObject({
    code: "SEALED_UNAVAILABLE",
  });
});
