import { expect, test } from "vitest";
import { openCatalog, ours } from "./support.ts";

// PostGraphile publishes comments as the API's documentation.
const ask = await openCatalog();
const exposed =
  "n.nspname not in ('session', 'sealed', 'keyring', 'queue', 'app', 'isolation', 'search', 'webhooks')";

test("every schema of ours says what it is for", async () => {
  expect(
    await ask(
      `select n.nspname from pg_namespace n where ${ours} and obj_description(n.oid, 'pg_namespace') is null`,
    ),
  ).toEqual([]);
});

test("every table and view says what it holds", async () => {
  expect(
    await ask(
      `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'v') and ${ours} and obj_description(c.oid, 'pg_class') is null`,
    ),
  ).toEqual([]);
});

test("every column that a request role reads says what it means", async () => {
  const missing = await ask(`
    select c.oid::regclass || '.' || a.attname as name from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where ${ours} and ${exposed} and c.relkind in ('r', 'p', 'v') and a.attnum > 0 and not a.attisdropped
      and (has_column_privilege('bulkhead_member', c.oid, a.attnum, 'select') or has_column_privilege('bulkhead_agent', c.oid, a.attnum, 'select'))
      and col_description(c.oid, a.attnum) is null order by 1`);
  expect(missing).toEqual([]);
});

test("every function says what it does, as a sentence", async () => {
  const rows = await ask(
    `select p.oid::regprocedure::text as name, obj_description(p.oid, 'pg_proc') as comment from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${ours}`,
  );
  for (const row of rows) expect(row.comment, row.name).toMatch(/\.$/);
});

test("every role of ours that is not a service's login says what it is", async () => {
  expect(
    await ask(
      "select rolname from pg_roles where rolname in ('bulkhead_owner', 'bulkhead_keeper', 'bulkhead_queue', 'bulkhead_member', 'bulkhead_agent', 'bulkhead_recipient', 'bulkhead_anonymous', 'bulkhead_api', 'bulkhead_auditor', 'bulkhead_deploy') and shobj_description(oid, 'pg_authid') is null",
    ),
  ).toEqual([]);
});
