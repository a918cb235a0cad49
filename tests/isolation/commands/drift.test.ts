import { beforeAll, describe, expect, inject, test } from "vitest";
import type pg from "pg";
import { compare, drift, snapshot } from "../../../isolation/drift.ts";
import { createDatabase, type TestDatabase } from "../../helpers/database.ts";
import { openBench, type Bench } from "../support.ts";

let database: TestDatabase;
let bench: Bench;
beforeAll(async () => {
  database = await createDatabase();
  bench = await openBench(await database.pool("postgres", { max: 1 }).connect());
});

async function differencesAfter(sql: string) {
  const take = () => snapshot(bench.client as pg.Client, bench.queries, bench.config);
  const before = await take();
  await bench.client.query("begin");
  try {
    await bench.client.query(sql);
    return compare(before, await take());
  } finally {
    await bench.client.query("rollback");
  }
}

describe("drift", () => {
  test.each([
    ["policy", "mail.messages.select_member", "alter policy select_member on mail.messages using (true)"],
    ["policy", "mail.messages.select_member", "drop policy select_member on mail.messages"],
    ["grant", "mail.messages", "grant delete on mail.messages to bulkhead_member"],
    [
      "column grant",
      "mail.messages.sealed_body",
      "grant select (sealed_body) on mail.messages to bulkhead_member",
    ],
    ["table", "mail.messages", "alter table mail.messages no force row level security"],
    [
      "column",
      "mail.conversations.message_count",
      "alter table mail.conversations alter message_count drop not null",
    ],
    [
      "constraint",
      "mail.inboxes.inbox_name_unique",
      "alter table mail.inboxes drop constraint inbox_name_unique",
    ],
    ["function", "session.workspace_id()", "alter function session.workspace_id() immutable"],
    [
      "function",
      "session.require(permission text)",
      "alter function session.require(text) reset search_path",
    ],
    [
      "function body",
      "session.require(permission text)",
      "create or replace function session.require(permission text) returns uuid language plpgsql stable security definer set search_path to pg_catalog, pg_temp as $$ begin return null; end $$",
    ],
    [
      "function grant",
      "session.can(permission text)",
      "grant execute on function session.can(text) to public",
    ],
    ["trigger", "mail.messages.audit_update", "alter table mail.messages disable trigger audit_update"],
    ["view", "session.current", "alter view session.current set (security_barrier = false)"],
    ["schema", "mail", "grant create on schema mail to bulkhead_member"],
    ["role", "bulkhead_api", "alter role bulkhead_api inherit"],
    ["membership", "bulkhead_opener in bulkhead_owner", "grant bulkhead_owner to bulkhead_opener"],
    ["setting", "bulkhead_api row_security", "alter role bulkhead_api set row_security = off"],
    [
      "default privileges",
      "bulkhead_owner on tables",
      "alter default privileges for role bulkhead_owner grant select on tables to public",
    ],
    [
      "parameter grant",
      "session_replication_role",
      "grant set on parameter session_replication_role to bulkhead_api",
    ],
    [
      "rule",
      "mail.inboxes.elsewhere",
      "create rule elsewhere as on insert to mail.inboxes do instead nothing",
    ],
    ["publication", "feed", "create publication feed for table mail.messages"],
  ])("tells a changed %s of %s in one line", async (kind, object, sql) => {
    const told = (await differencesAfter(sql)).filter((one) => one.kind === kind);
    expect(told).toHaveLength(1);
    expect(told[0]!.object).toBe(object);
  });

  test("tells nothing of a comment or of a function's layout", async () => {
    expect(
      await differencesAfter("comment on table mail.messages is 'other'; analyze mail.messages"),
    ).toEqual([]);
  });

  test("compares the live database with the checked-out files, deployed on a server of their own", async () => {
    const run = { adminUrl: null, config: bench.config, baseline: [], progress: () => {}, rest: [] };
    const url = database.url("bulkhead_auditor");
    expect((await drift({ ...run, url })).differences).toEqual([]);

    const other = await createDatabase();
    const admin = other.pool("postgres", { max: 1 });
    await admin.query("alter policy select_member on mail.messages using (true)");
    const { differences } = await drift({ ...run, url: other.url("bulkhead_auditor") });
    expect(differences).toEqual([
      expect.objectContaining({ kind: "policy", object: "mail.messages.select_member", change: "changed" }),
    ]);
  }, 180_000);

  test("refuses a scratch database on the live server, whose roles deploying would change", async () => {
    const run = { config: bench.config, baseline: [], progress: () => {}, rest: [] };
    await expect(
      drift({ ...run, url: database.url("bulkhead_auditor"), adminUrl: inject("postgres").superuserUrl }),
    ).rejects.toMatchObject({ code: "ISOLATION_SAME_SERVER" });
    // Refused before it is begun: a login's password is what it was.
    await expect(database.pool("bulkhead_auditor", { max: 1 }).query("select")).resolves.toBeDefined();
    const { rows } = await bench.client.query(
      "select from pg_database where datname like 'isolation\\_scratch%'",
    );
    expect(rows).toEqual([]);
  });
});
