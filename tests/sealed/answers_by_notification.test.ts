import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPendingCalls } from "../../api/sealed/pending.ts";
import { channelOf, sealAnswer } from "../../envelope/answer.ts";
import { generateCallerKey } from "../../envelope/keys.ts";
import { agree } from "../../envelope/reply.ts";
import { createAnswers } from "../../worker/runtime/answers.ts";
import { createDatabase } from "../helpers/database.ts";
import { createWorkspace, type SignedIn } from "../helpers/people.ts";
import { createWorkerKeys, startTestWorker, type TestWorker } from "../helpers/worker.ts";
import { createCalls, loadMessages, session } from "./support.ts";

const database = await createDatabase();
let worker: TestWorker;
let owner: SignedIn;
let ids: string[];

beforeAll(async () => {
  worker = await startTestWorker(database);
  owner = await createWorkspace(database, "Harbour");
  ids = await loadMessages(database, worker.keys, owner, ["One", "x".repeat(30_000)]);
});
afterAll(() => worker.stop());

const limits = { timeoutMs: 60_000, maxPending: 10, maxAnswerBytes: 100_000, maxBytes: 150_000 };

/** One API process and one worker that have agreed on a key, without a database between them. */
function pair() {
  const { reply } = createWorkerKeys().keys;
  const caller = generateCallerKey();
  const callerId = randomUUID();
  const registration = { callerId, key: agree(caller, reply.x, callerId) };
  const key = agree(reply, caller.x, callerId);
  return { callerId, registration, key, pending: createPendingCalls(limits) };
}
const bytesOf = (text: string) => ({ bytes: Buffer.from(text) });

test("whatever another login notifies is passed over and counted, and the answer comes all the same", async () => {
  const calls = await createCalls(database, worker.keys);
  const channel = channelOf(calls.callerId);
  const forger = createAnswers(createWorkerKeys().keys.reply);
  const stolen = database.pool("bulkhead_identity", { max: 1 });
  const call = randomUUID();
  const forged = forger.seal(
    { call_id: call, caller_id: calls.callerId, public_key: generateCallerKey().x },
    bytesOf("forged"),
  );
  for (const payload of [
    "",
    "x",
    `${call}.0.1.x`,
    `${call}.1.1.eyJ`,
    "\u0000".slice(1),
    ...forged.payloads,
  ]) {
    await stolen.query("select pg_notify($1, $2)", [channel, payload]);
  }
  const bodies = await calls.openMessages(session(owner), "mail.body", [ids[0]!]);
  expect(bodies.get(ids[0]!)).toMatchObject({ text: "One" });
  expect(calls.ignored).toEqual({ garbage: 4, forged: 2, duplicate: 0, late: 0 });
});

test("an answer heard by one API process cannot be played to another", async () => {
  const [first, second] = [
    await createCalls(database, worker.keys),
    await createCalls(database, worker.keys),
  ];
  const eavesdropper = await database.pool("bulkhead_identity", { max: 1 }).connect();
  const heard: string[] = [];
  eavesdropper.on("notification", ({ payload }) => heard.push(payload!));
  await eavesdropper.query(`listen "${channelOf(first.callerId)}"`);
  await first.openMessages(session(owner), "mail.body", [ids[1]!]);
  await eavesdropper.query("select 1");
  expect(heard.length).toBeGreaterThan(1);
  expect(heard.join("")).not.toContain("xxxxxxxx");
  for (const payload of heard)
    await eavesdropper.query("select pg_notify($1, $2)", [channelOf(second.callerId), payload]);
  const bodies = await second.openMessages(session(owner), "mail.body", [ids[0]!]);
  expect(bodies.get(ids[0]!)).toMatchObject({ text: "One" });
  expect(second.ignored.forged).toBe(heard.length);
  eavesdropper.release(true);
});

test("chunks are put in order whichever comes first", async () => {
  const { callerId, registration, key, pending } = pair();
  const call = randomUUID();
  const text = Array.from({ length: 9_000 }, (_, n) => String(n)).join(" ");
  const answer = pending.wait(call, "opener");
  for (const payload of sealAnswer(key, callerId, call, bytesOf(text)).reverse())
    pending.receive(registration, payload);
  expect(Buffer.from(((await answer) as { bytes: Uint8Array }).bytes).toString()).toBe(text);
  expect(pending.waiting).toBe(0);
});

test("a chunk that comes twice counts once", async () => {
  const { callerId, registration, key, pending } = pair();
  const call = randomUUID();
  const answer = pending.wait(call, "opener");
  const [first, second] = sealAnswer(key, callerId, call, bytesOf("y".repeat(8_000)));
  for (const payload of [first!, first!, second!]) pending.receive(registration, payload);
  expect(((await answer) as { bytes: Uint8Array }).bytes.length).toBe(8_000);
  expect(pending.ignored.duplicate).toBe(1);
});

test("a chunk does not fit in another place of its answer, nor in another answer", () => {
  const { callerId, registration, key, pending } = pair();
  const [call, other] = [randomUUID(), randomUUID()];
  void pending.wait(call, "opener").catch(() => {});
  void pending.wait(other, "opener").catch(() => {});
  const [chunk] = sealAnswer(key, callerId, call, bytesOf("y".repeat(8_000)));
  const jwe = chunk!.slice(chunk!.lastIndexOf(".0.2.") + 5);
  for (const place of [`${call}.1.2`, `${call}.0.1`, `${other}.0.2`])
    pending.receive(registration, `${place}.${jwe}`);
  expect(pending.ignored.forged).toBe(3);
  expect(pending.waiting).toBe(2);
});

test("an answer that overtakes its question is kept until somebody asks", async () => {
  const { callerId, registration, key, pending } = pair();
  const call = randomUUID();
  for (const payload of sealAnswer(key, callerId, call, bytesOf("early")))
    pending.receive(registration, payload);
  expect(
    Buffer.from(((await pending.wait(call, "identity")) as { bytes: Uint8Array }).bytes).toString(),
  ).toBe("early");
});

test("an answer that is larger than agreed ends its call and holds no memory", async () => {
  const { callerId, registration, key, pending } = pair();
  const call = randomUUID();
  const answer = pending.wait(call, "opener");
  const refused = expect(answer).rejects.toMatchObject({ code: "SEALED_OVERLOADED" });
  for (const payload of sealAnswer(key, callerId, call, bytesOf("y".repeat(120_000))))
    pending.receive(registration, payload);
  await refused;
  expect(pending.waiting).toBe(0);
});

test("only so many calls may wait", () => {
  const { pending } = pair();
  for (let n = 0; n < limits.maxPending; n += 1) void pending.wait(randomUUID(), "opener").catch(() => {});
  expect(pending.hasRoom()).toBe(false);
});
