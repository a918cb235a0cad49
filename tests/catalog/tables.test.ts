import { describe, expect, test } from "vitest";
import { openCatalog, ours, tenantTable } from "./support.ts";

const ask = await openCatalog();

/** Tables that repeat a workspace's id without being the workspace's own rows: each with its reason. */
const notKeyedByTenant: Record<string, string> = {
  "sealed.calls": "a question under way: looked up by its id before there is a tenant, gone when it is taken",
  "audit.chain": "keyed by workspace and position, and by month",
  "audit.heads": "keyed by workspace and position",
  "audit.proofs": "keyed by workspace and root",
  "audit.tips": "one row for each workspace",
  "audit.subjects": "keyed by workspace and person",
  "audit.retention_policies": "one row for each workspace",
  "isolation.probed": "the auditor's synthetic tenants: no row of it is ever committed",
};

/** Unique rules that hold across workspaces: each with its reason. Another's value may be told by a violation (C1). */
const global: Record<string, string> = {
  "tenancy.workspaces_pkey": "a workspace is the tenant",
  "tenancy.workspace_organization_unique":
    "an organization of the sign-in provider belongs to one workspace; only the identity service sets it",
  "sealed.calls_pkey": "random ids, made inside a function",
  "sealed.callers_pkey": "API processes, not tenants",
};

/** Tables whose changes are not in the audit log: each with its reason. */
const notWatched: Record<string, string> = {
  "audit.events": "it is the audit log: append-only by triggers of its own",
  "audit.chain": "the log's own order: append-only by triggers of its own",
  "audit.heads": "the log's own signatures: append-only by triggers of its own",
  "audit.proofs": "the log's own proofs: append-only by triggers of its own",
  "audit.tips": "the notary's working memory: the signed heads say the same",
  "audit.origins": "where the log's own events came from",
  "audit.subjects": "names sealed by the notary; an erasure is an event of its function",
  "audit.retention_policies": "its function says the old and the new value",
  "sealed.calls": "unlogged questions of 30 seconds; what they read is recorded elsewhere",
  "isolation.probed": "no row of it is ever committed",
};

const tables = await ask(`
  select n.nspname || '.' || c.relname as name, c.oid, c.relrowsecurity as enabled, c.relforcerowsecurity as forced, (${tenantTable}) as tenant
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p') and ${ours} order by 1`);
const tenantTables = tables.filter((table) => table.tenant && !(table.name in notKeyedByTenant));

test("there are tables to look at", () => {
  expect(tables.length).toBeGreaterThan(25);
  expect(tenantTables.length).toBeGreaterThan(12);
});

test.each(tables.map((table) => [table.name, table]))(
  "%s has row-level security, enabled and forced (OPP-06, DSK-07)",
  (_name, table) => {
    expect(table).toMatchObject({ enabled: true, forced: true });
  },
);

test("no table is a partition, a child or a foreign table that could be read past its parent (ISOLATION T2, T6)", async () => {
  expect(
    await ask(
      "select inhrelid::regclass::text from pg_inherits where inhrelid in (select oid from pg_class where relkind in ('r', 'p') and relnamespace <> 'audit_parts'::regnamespace)",
    ),
  ).toEqual([]);
  expect(
    await ask(
      `select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('m', 'f') and ${ours}`,
    ),
  ).toEqual([]);
});

describe("a tenant's table (OPP-11, DSK-31)", () => {
  test.each(tenantTables.map((table) => [table.name, table]))(
    "%s leads with the workspace: primary key, foreign keys, unique rules",
    async (_name, table) => {
      const [key] = await ask(
        `select array(select a.attname::text from unnest(i.indkey) with ordinality k (num, ord) join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.num order by ord) as columns
       from pg_index i where i.indrelid = $1 and i.indisprimary`,
        [table.oid],
      );
      expect(key!.columns).toEqual(["workspace_id", "id"]);
      const [column] = await ask(
        "select attnotnull, atttypid::regtype::text as type from pg_attribute where attrelid = $1 and attname = 'workspace_id'",
        [table.oid],
      );
      expect(column).toEqual({ attnotnull: true, type: "uuid" });
    },
  );

  test("points with every foreign key into its own workspace (ISOLATION C2)", async () => {
    const wrong = await ask(`
      select f.conname, f.conrelid::regclass::text as child, f.confrelid::regclass::text as parent
      from pg_constraint f join pg_class c on c.oid = f.conrelid join pg_namespace n on n.oid = c.relnamespace
        join pg_class p on p.oid = f.confrelid join pg_namespace pn on pn.oid = p.relnamespace
      where f.contype = 'f' and ${ours}
        and exists (select from pg_attribute a where a.attrelid = f.conrelid and a.attname = 'workspace_id')
        and exists (select from pg_attribute a where a.attrelid = f.confrelid and a.attname = 'workspace_id')
        and pg_get_userbyid(pn.nspowner) = 'bulkhead_owner'
        and not exists (
          select from unnest(f.conkey, f.confkey) as k (child, parent)
            join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.child and a.attname = 'workspace_id'
            join pg_attribute b on b.attrelid = f.confrelid and b.attnum = k.parent and b.attname = 'workspace_id'
        )`);
    expect(wrong).toEqual([]);
  });

  test("never sets the workspace to null when a parent goes", async () => {
    const wrong = await ask(`
      select f.conname from pg_constraint f join pg_namespace n on n.oid = f.connamespace
      where f.contype = 'f' and ${ours} and f.confdeltype in ('n', 'd')
        and exists (
          select from unnest(coalesce(f.confdelsetcols, f.conkey)) as k (num)
          join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.num where a.attname = 'workspace_id'
        )`);
    expect(wrong).toEqual([]);
  });

  test("has no unique rule that says whether another workspace has a value (ISOLATION C1)", async () => {
    const found = await ask(`
      select n.nspname || '.' || i.indexrelid::regclass::name as name
      from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
      where (i.indisunique or i.indisexclusion) and (${tenantTable} or n.nspname in ('sealed', 'tenancy')) and ${ours}
        and c.relname not in ('permissions', 'roles', 'role_permissions')
        and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id' and a.attnum = i.indkey[0])
      order by 1`);
    expect(found.map((index) => index.name.replace(/^(\w+)\.\1\./, "$1.")).sort()).toEqual(
      Object.keys(global).sort(),
    );
  });

  test.each(
    tables
      .filter((table) => (table.tenant || table.name === "tenancy.workspaces") && !(table.name in notWatched))
      .map((table) => [table.name, table]),
  )(
    "%s records every insert, update and delete in the audit log, and is never truncated (OPP-53, DSK-15)",
    async (_name, table) => {
      // tgtype: 1 row, 2 before, 4 insert, 8 delete, 16 update, 32 truncate; 'O' and 'A': not disabled.
      const triggers = await ask(
        `select t.tgtype & 60 as event, t.tgenabled in ('O', 'A') as enabled, t.tgqual is null and t.tgattr = '' as always
         from pg_trigger t join pg_proc p on p.oid = t.tgfoid
         where t.tgrelid = $1 and not t.tgisinternal and p.pronamespace in ('audit'::regnamespace, 'audit_parts'::regnamespace)`,
        [table.oid],
      );
      for (const event of [4, 8, 16, 32]) {
        expect(
          triggers.find((trigger) => (trigger.event & event) !== 0),
          `event ${event}`,
        ).toMatchObject({ enabled: true, always: true });
      }
    },
  );
});

test("every foreign key has an index that begins with its columns: a parent's change scans nothing", async () => {
  const missing = await ask(`
    select f.conrelid::regclass::text || ' ' || f.conname as name
    from pg_constraint f join pg_namespace n on n.oid = f.connamespace
    where f.contype = 'f' and ${ours}
      -- The catalogue of roles changes by migration only.
      and f.confrelid <> 'tenancy.roles'::regclass and not exists (
      select from pg_index i where i.indrelid = f.conrelid and i.indpred is null
        -- The columns that say which row: a key that repeats its parent's standing finds it by the first of them.
        and (i.indkey::smallint[])[0:least(cardinality(f.conkey), 2) - 1] @> f.conkey[1:least(cardinality(f.conkey), 2)]
    ) order by 1`);
  expect(missing).toEqual([]);
});

test("every constraint and index of a tenant's table is named after its rule, not by Postgres", async () => {
  const found = await ask(`
    select k.conname from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
    where k.contype = 'c' and ${ours} and k.conname ~ '_check\\d*$'`);
  expect(found).toEqual([]);
});
