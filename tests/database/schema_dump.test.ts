import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { withClient } from "../../database/connect.ts";
import { dumpSchema, schemaFile } from "../../database/dump.ts";
import { createDatabase } from "../helpers/database.ts";

const database = await createDatabase();
const dump = () => withClient(database.adminUrl, dumpSchema);

test("the dump is the same each time, and of each database that the same files made", async () => {
  const first = await dump();
  expect(await dump()).toBe(first);
  const other = await createDatabase();
  expect(await withClient(other.adminUrl, dumpSchema)).toBe(first);
});

test("the committed schema.sql is fresh: `npm run db:dump` writes it", async () => {
  expect(existsSync(schemaFile), "schema.sql is missing").toBe(true);
  expect(
    readFileSync(schemaFile, "utf8") === (await dump()),
    "schema.sql is stale: run npm run db:dump",
  ).toBe(true);
});

test.each([
  ["a policy", "create policy more on mail.messages for select to bulkhead_member using (true)"],
  ["a policy's condition", "alter policy select_member on mail.messages using (true)"],
  ["a grant of a column", "grant select (sealed_body) on mail.messages to bulkhead_member"],
  ["a grant of a table", "grant select on mail.messages to bulkhead_agent"],
  ["a grant of a function", "grant execute on function tenancy.level() to public"],
  ["a grant of a schema", "grant usage on schema keyring to bulkhead_member"],
  ["row-level security switched off", "alter table mail.messages disable row level security"],
  ["row-level security no longer forced", "alter table mail.messages no force row level security"],
  ["a trigger switched off", "alter table mail.messages disable trigger audit_insert"],
  [
    "a function's body",
    "create or replace function tenancy.level() returns integer language sql stable security definer set search_path to pg_catalog, pg_temp as 'select 100'",
  ],
  ["an unpinned search_path", "alter function tenancy.level() reset search_path"],
  ["an owner", "alter function tenancy.level() owner to postgres"],
  ["a constraint", "alter table mail.messages drop constraint message_id_unique"],
  ["an index", "drop index mail.messages_by_time"],
  ["a column's default", "alter table mail.messages alter column size set default 0"],
  ["a comment", "comment on table mail.messages is 'x'"],
])("%s shows in it", async (_title, sql) => {
  const before = await dump();
  await withClient(database.adminUrl, async (client) => {
    await client.query("begin");
    await client.query(sql);
    // The dump reads in a transaction of its own, so the change is shown as it would be committed.
    await client.query("commit");
  });
  expect(await dump()).not.toBe(before);
});
