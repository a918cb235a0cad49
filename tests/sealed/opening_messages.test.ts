import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SealedCallError } from "../../api/sealed/types.ts";
import { createDatabase } from "../helpers/database.ts";
import { addMember, asMember, createWorkspace, type SignedIn } from "../helpers/people.ts";
import {
  createInbox,
  importMail,
  plainMessage,
  startTestWorker,
  withTicket,
  type TestWorker,
} from "../helpers/worker.ts";
import { createCalls, loadMessages, session } from "./support.ts";

const database = await createDatabase();
const admin = database.pool("postgres");
const long = "0123456789 ÄÖÜ 漢字 ".repeat(2_000).trimEnd();
let worker: TestWorker;
let calls: Awaited<ReturnType<typeof createCalls>>;
let harbour: SignedIn;
let lighthouse: SignedIn;
let ids: string[];
let foreign: string[];

beforeAll(async () => {
  worker = await startTestWorker(database);
  calls = await createCalls(database, worker.keys);
  harbour = await createWorkspace(database, "Harbour");
  lighthouse = await createWorkspace(database, "Lighthouse");
  ids = await loadMessages(database, worker.keys, harbour, [
    long,
    ...Array.from({ length: 54 }, (_, n) => `Body ${n + 1}`),
  ]);
  foreign = await loadMessages(database, worker.keys, lighthouse, ["Theirs"]);
});
afterAll(() => worker.stop());

test("a member reads subject, participants and body of a message of their workspace", async () => {
  const [, id] = ids;
  const subjects = await calls.openMessages(session(harbour), "mail.subject", [id!]);
  expect(subjects.get(id!)).toEqual({
    subject: "Subject 1",
    from: { name: "Ada", address: "ada@example.com" },
    to: [{ name: "Team", address: "team@example.com" }],
    cc: [],
  });
  const bodies = await calls.openMessages(session(harbour), "mail.body", [id!]);
  expect(bodies.get(id!)).toEqual({
    text: "Body 1",
    html: null,
    replyTo: [],
    autoSubmitted: false,
    warnings: [],
    attachments: [],
  });
});

test("fifty bodies come in one answer", async () => {
  const bodies = await calls.openMessages(session(harbour), "mail.body", ids.slice(1, 51));
  expect([...bodies.keys()].sort()).toEqual(ids.slice(1, 51).sort());
  ids.slice(1, 51).forEach((id, n) => expect(bodies.get(id)).toMatchObject({ text: `Body ${n + 1}` }));
});

test("a body that is longer than a notification comes whole", async () => {
  const bodies = await calls.openMessages(session(harbour), "mail.body", [ids[0]!]);
  expect((bodies.get(ids[0]!) as { text: string }).text === long).toBe(true);
});

test("another workspace's messages are silently absent, beside one's own and alone", async () => {
  const mixed = await calls.openMessages(session(harbour), "mail.body", [foreign[0]!, ids[1]!]);
  expect([...mixed.keys()]).toEqual([ids[1]]);
  expect((await calls.openMessages(session(harbour), "mail.body", foreign)).size).toBe(0);
  const theirs = await calls.openMessages(session(lighthouse), "mail.body", foreign);
  expect(theirs.get(foreign[0]!)).toMatchObject({ text: "Theirs" });
});

test("an id named twice is opened once", async () => {
  expect((await calls.openMessages(session(harbour), "mail.body", [ids[1]!, ids[1]!])).size).toBe(1);
});

test("no ids need no worker", async () => {
  expect((await calls.openMessages(session(harbour), "mail.body", [])).size).toBe(0);
});

test("more than 500 ids are refused", async () => {
  const many = Array.from({ length: 501 }, () => ids[1]!);
  await expect(calls.openMessages(session(harbour), "mail.body", many)).rejects.toMatchObject({
    code: "ZM001",
  });
});

test("a session that has ended is refused, and so is one of another role", async () => {
  const member = await addMember(database, harbour, "user");
  expect((await calls.openMessages(session(member), "mail.subject", [ids[1]!])).size).toBe(1);
  const { rows } = await database
    .pool("bulkhead_api")
    .query("select session.sign_out($1) as done", [member.refreshToken]);
  expect(rows).toHaveLength(1);
  await expect(calls.openMessages(session(member), "mail.subject", [ids[1]!])).rejects.toMatchObject({
    code: "ZS001",
  });
  const asAgent = { token: harbour.accessToken, role: "bulkhead_agent" };
  await expect(calls.openMessages(asAgent, "mail.subject", [ids[1]!])).rejects.toMatchObject({
    severity: "ERROR",
  });
});

test("a role without the right to read messages is refused, and asking together with others harms none of them", async () => {
  const billing = await addMember(database, harbour, "billing");
  const [refused, opened] = await Promise.allSettled([
    calls.openMessages(session(billing), "mail.body", [ids[1]!]),
    calls.openMessages(session(harbour), "mail.body", [ids[2]!]),
  ]);
  expect(refused).toMatchObject({ status: "rejected", reason: { code: "ZT001" } });
  expect(opened).toMatchObject({ status: "fulfilled" });
});

test("a ciphertext that was changed, or moved from another row, spoils its own message only", async () => {
  await admin.query(
    "update mail.messages set sealed_body = (select sealed_body from mail.messages where id = $2) where id = $1",
    [ids[50], ids[51]],
  );
  await admin.query(
    "update mail.messages set sealed_body = overlay(sealed_body placing 'AAAA' from length(sealed_body) - 20) where id = $1",
    [ids[52]],
  );
  const bodies = await calls.openMessages(session(harbour), "mail.body", ids.slice(50, 54));
  for (const id of [ids[50]!, ids[52]!]) {
    expect(bodies.get(id)).toBeInstanceOf(SealedCallError);
    expect(bodies.get(id)).toMatchObject({ code: "MESSAGE_UNREADABLE" });
  }
  expect(bodies.get(ids[51]!)).toMatchObject({ text: "Body 51" });
  expect(bodies.get(ids[53]!)).toMatchObject({ text: "Body 53" });
});

test("what was sealed under an earlier version of the workspace key opens beside what is sealed under the new one", async () => {
  const owner = await createWorkspace(database, "Rotating");
  const [before] = await loadMessages(database, worker.keys, owner, ["Before"]);
  const subject = { workspaceId: owner.workspaceId, purpose: "content", version: 2 };
  const { kek, wrapped } = await worker.keys.kek.wrap(subject, randomBytes(32));
  const added = await withTicket(database, owner, (client) =>
    client.query("select keyring.add_key('content', 2, $1, $2) as added", [kek, wrapped]),
  );
  expect(added.rows[0].added).toBe(true);
  const [after] = await loadMessages(database, worker.keys, owner, ["After"]);
  const { rows: versions } = await admin.query(
    `select convert_from(decode(translate(rpad(split_part(sealed_body, '.', 1), 4 * ((length(split_part(sealed_body, '.', 1)) + 3) / 4), '='), '-_', '+/'), 'base64'), 'UTF8')::json ->> 'kid' as kid
    from mail.messages where id = any ($1) order by received_at`,
    [[before, after]],
  );
  expect(versions.map(({ kid }) => kid)).toEqual([
    `${owner.workspaceId}/content/1`,
    `${owner.workspaceId}/content/2`,
  ]);
  const bodies = await calls.openMessages(session(owner), "mail.body", [before!, after!]);
  expect(bodies.get(before!)).toMatchObject({ text: "Before" });
  expect(bodies.get(after!)).toMatchObject({ text: "After" });
});

test("without a key service a call fails as a whole, with a code, and works once it is back", async () => {
  const owner = await createWorkspace(database, "Keyless");
  const inbox = await createInbox(database, owner, "Inbox");
  await importMail(
    database,
    worker.keys,
    owner,
    inbox,
    plainMessage({ id: "1@k.example", subject: "S", text: "T" }),
  );
  const { rows } = await asMember(database, owner.accessToken, (client) =>
    client.query("select id from mail.messages"),
  );
  const { KekError } = await import("../../worker/crypto/kek.ts");
  let up = false;
  const failing = await startTestWorker(database, {
    services: ["opener"],
    keys: worker.keys,
    change: (config) => ({
      ...config,
      kek: {
        ...config.kek!,
        unwrap: (...args) => {
          if (up) return config.kek!.unwrap(...args);
          throw new KekError("KEK_UNAVAILABLE", "the key service is down");
        },
      },
    }),
  });
  await worker.stop();
  try {
    const open = () => calls.openMessages(session(owner), "mail.body", [rows[0].id]);
    await expect(open()).rejects.toMatchObject({ code: "SEALED_FAILED" });
    up = true;
    expect((await open()).get(rows[0].id)).toMatchObject({ text: "T" });
  } finally {
    await failing.stop();
  }
});
