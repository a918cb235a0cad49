import { randomUUID } from "node:crypto";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { asMember, createWorkspace, type SignedIn } from "../helpers/people.ts";
import { startTestWorker, withTicket, type TestWorker } from "../helpers/worker.ts";
import { loadMessages } from "./support.ts";

const database = await createDatabase();
const admin = database.pool("postgres");
let worker: TestWorker;
let harbour: SignedIn;
let lighthouse: SignedIn;
let ours: string[];
let theirs: string[];

beforeAll(async () => {
  worker = await startTestWorker(database);
  harbour = await createWorkspace(database, "Harbour");
  lighthouse = await createWorkspace(database, "Lighthouse");
  ours = await loadMessages(database, worker.keys, harbour, ["Ours", "Ours too"]);
  theirs = await loadMessages(database, worker.keys, lighthouse, ["Theirs"]);
  // From here on nobody takes the calls but whoever stole the login.
  await worker.stop();
});
afterAll(() => worker.stop());

const own = (login: string) => `queue_${login.replace("bulkhead_", "")}`;

/** Tables and views outside the service's own queue that give it a single row, or take one. */
async function reachable(
  login: "bulkhead_opener" | "bulkhead_mail_sync" | "bulkhead_janitor",
): Promise<string[]> {
  const client = database.pool(login, { max: 1 });
  const { rows } = await admin.query(
    `select n.nspname || '.' || c.relname as name, quote_ident(n.nspname) || '.' || quote_ident(c.relname) as quoted
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'v', 'm', 'p') and n.nspname not in ('pg_catalog', 'information_schema', $1)
      and n.nspname not like 'pg\\_toast%' and n.nspname not like 'graphile%'`,
    [own(login)],
  );
  expect(rows.length).toBeGreaterThan(30);
  const reached: string[] = [];
  for (const { name, quoted } of rows) {
    const read = await client.query(`select * from ${quoted} limit 1`).catch(() => ({ rowCount: 0 }));
    const write = await client.query(`delete from ${quoted}`).catch(() => ({ rowCount: 0 }));
    if (read.rowCount || write.rowCount) reached.push(name);
  }
  return reached;
}

/** Asks as the API does, so that a call waits. */
async function ask(person: SignedIn, ids: readonly string[]): Promise<string> {
  const { rows: callers } = await database
    .pool("bulkhead_api", { max: 1 })
    .query("select sealed.register_caller($1) as id", ["x".repeat(43)]);
  const { rows } = await asMember(database, person.accessToken, (client) =>
    client.query("select sealed.ask_to_open('mail.body', $1, $2) as id", [ids, callers[0].id]),
  );
  return rows[0].id as string;
}

async function become(client: pg.Pool, role: string): Promise<boolean> {
  return client.query(`set role ${role}`).then(
    () => client.query("reset role").then(() => true),
    () => false,
  );
}

test.each(["bulkhead_opener", "bulkhead_mail_sync", "bulkhead_janitor"] as const)(
  "%s reads and deletes nothing in any table or view",
  async (login) => {
    await ask(harbour, ours);
    expect(await reachable(login)).toEqual([]);
  },
);

test.each(["bulkhead_opener", "bulkhead_mail_sync"] as const)(
  "%s can become no other role",
  async (login) => {
    const client = database.pool(login, { max: 1 });
    const { rows } = await admin.query(
      "select rolname from pg_roles where rolname like 'bulkhead\\_%' and rolname <> $1",
      [login],
    );
    for (const { rolname } of [...rows, { rolname: "postgres" }])
      expect(await become(client, rolname)).toBe(false);
  },
);

test("the opener gets ciphertext of the messages that a waiting call names, once, and of no others", async () => {
  const opener = database.pool("bulkhead_opener", { max: 1 });
  const call = await ask(harbour, [ours[0]!, ...theirs]);
  const take = async (ids: string[]) =>
    (await opener.query("select * from sealed.take_to_open($1)", [ids])).rows;
  expect(await take([randomUUID(), ours[0]!, harbour.workspaceId])).toEqual([]);
  const [taken] = await take([call]);
  expect(taken.workspace_id).toBe(harbour.workspaceId);
  expect(taken.message_ids).toEqual([ours[0]]);
  expect(await take([call])).toEqual([]);
});

test("the opener can put no call there itself, and use nobody's token", async () => {
  const opener = database.pool("bulkhead_opener", { max: 1 });
  await opener.query("select set_config('session.token', $1, false)", [harbour.accessToken]);
  for (const attack of [
    "select sealed.ask_to_open('mail.body', array[gen_random_uuid()], gen_random_uuid())",
    "select sealed.register_caller('xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx')",
    "select sealed.take_identity(gen_random_uuid())",
    "select sealed.dispatch(array[gen_random_uuid()])",
    "select * from keyring.keys('content')",
    "select keyring.add_key('content', 1, 'local:v1', repeat('x', 64))",
    "select * from mail.take_import(gen_random_uuid())",
    "select session.claim_ticket(gen_random_uuid())",
    "select queue.enqueue_opener(array[gen_random_uuid()])",
  ])
    await expect(opener.query(attack)).rejects.toMatchObject({ code: "42501" });
});

test("the mail service without a ticket sees no key and no import, and stores nothing", async () => {
  const mail = database.pool("bulkhead_mail_sync", { max: 1 });
  const { rows } = await admin.query("select id from mail.imports where workspace_id = $1 limit 1", [
    harbour.workspaceId,
  ]);
  for (const token of ["", "x", harbour.accessToken, lighthouse.accessToken]) {
    await mail.query("select set_config('session.token', $1, false)", [token]);
    expect((await mail.query("select * from keyring.keys('content')")).rows).toEqual([]);
    expect((await mail.query("select * from mail.take_import($1)", [rows[0].id])).rows).toEqual([]);
    await mail.query("select mail.finish_import($1, 0)", [rows[0].id]);
    await expect(
      mail.query("select mail.refuse_message($1, 1, 'X_Y', 'x')", [rows[0].id]),
    ).rejects.toMatchObject({
      code: "ZM004",
    });
    await expect(
      mail.query("select mail.store_message($1, 1, $1, '', '{}', null, 1, 'x', 'x', '{}', '{}', '{}')", [
        rows[0].id,
      ]),
    ).rejects.toMatchObject({ code: "ZM003" });
    await expect(
      mail.query("select keyring.add_key('content', 1, 'local:v1', repeat('x', 64))"),
    ).rejects.toMatchObject({ code: "ZS001" });
  }
});

test("the mail service with a ticket sees the keys of that ticket's workspace, and none after the job", async () => {
  await withTicket(database, lighthouse, async (client, ticketId) => {
    const keys = async () => (await client.query("select * from keyring.keys('content')")).rows;
    const { rows } = await admin.query(
      "select wrapped from keyring.workspace_keys where workspace_id = $1 and purpose = 'content'",
      [lighthouse.workspaceId],
    );
    expect((await keys()).map(({ wrapped }) => wrapped)).toEqual(rows.map(({ wrapped }) => wrapped));
    await client.query("select session.finish_ticket($1)", [ticketId]);
    expect(await keys()).toEqual([]);
    await expect(client.query("select session.claim_ticket($1)", [ticketId])).rejects.toMatchObject({
      code: "ZS006",
    });
  });
});

test("even a careless function of the owner shows a service no row beyond its ticket or its waiting calls", async () => {
  await admin.query("delete from sealed.calls");
  for (const table of ["mail.messages", "keyring.workspace_keys"]) {
    const name = `app.careless_${table.replace(".", "_")}`;
    await admin.query(
      `create function ${name}() returns setof uuid language sql security definer
        set search_path to pg_catalog, pg_temp as 'select workspace_id from ${table}';
      alter function ${name}() owner to bulkhead_owner;
      grant usage on schema app to bulkhead_opener, bulkhead_mail_sync;
      grant execute on function ${name}() to bulkhead_opener, bulkhead_mail_sync`,
    );
    const seen = async (client: pg.Pool | pg.PoolClient) =>
      new Set((await client.query(`select ${name}() as id`)).rows.map(({ id }) => id as string));
    expect((await admin.query(`select from ${table}`)).rowCount).toBeGreaterThan(2);
    expect(await seen(database.pool("bulkhead_opener", { max: 1 }))).toEqual(new Set());
    expect(await seen(database.pool("bulkhead_mail_sync", { max: 1 }))).toEqual(new Set());
    await withTicket(database, harbour, async (client) => {
      expect(await seen(client)).toEqual(new Set([harbour.workspaceId]));
    });
    await ask(lighthouse, theirs);
    expect(await seen(database.pool("bulkhead_opener", { max: 1 }))).toEqual(
      new Set([lighthouse.workspaceId]),
    );
    expect(await seen(database.pool("bulkhead_mail_sync", { max: 1 }))).toEqual(new Set());
    await admin.query("delete from sealed.calls");
  }
});

test("a ticket is worth nothing to another service", async () => {
  const { rows } = await admin.query(
    "insert into session.tickets (service, workspace_id) values ('mail_sync', $1) returning id",
    [harbour.workspaceId],
  );
  await expect(
    database.pool("bulkhead_janitor", { max: 1 }).query("select session.claim_ticket($1)", [rows[0].id]),
  ).rejects.toMatchObject({ code: "ZS006" });
});
