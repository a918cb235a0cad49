import { describe, expect, test } from "vitest";
import { readSqlFiles } from "../../database/files.ts";
import { openCatalog, ours } from "./support.ts";

const ask = await openCatalog();
const functions = await readSqlFiles("functions");
const policies = await readSqlFiles("policies");
const nameOf = (path: string) =>
  path
    .split("/")
    .slice(1)
    .join(".")
    .replace(/\.sql$/, "");

/** Made by a migration: column defaults need them before functions/ is applied. */
const ofHistory = ["app.uuid_v7"];

describe("functions/", () => {
  test("has a file for each function and view of the database, and nothing else", async () => {
    const rows = await ask(`
      select distinct n.nspname || '.' || p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${ours}
      union select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'v' and ${ours}
      order by 1`);
    const inDatabase = rows.map((row) => row.name).filter((name) => !ofHistory.includes(name));
    expect(inDatabase.sort()).toEqual(functions.map((file) => nameOf(file.path)).sort());
  });

  test("has no two functions of one name: an overload would be a second function in the file", async () => {
    expect(
      await ask(
        `select n.nspname || '.' || p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${ours} group by 1 having count(*) > 1`,
      ),
    ).toEqual([]);
  });

  test.each(functions.map((file) => [file.path, file]))(
    "%s makes the one thing that it is named after, says what it is, and takes it from PUBLIC",
    (path, file) => {
      const made = [...file.text.matchAll(/^create or replace (function|procedure|view) ([\w.]+)/gm)];
      expect(made.map((match) => match[2])).toEqual([nameOf(path)]);
      expect(file.text).toMatch(/^comment on (function|procedure|view) /m);
      if (made[0]![1] !== "view")
        expect(file.text).toMatch(/^revoke all on (function|procedure) [\s\S]*? from public;/m);
      expect(file.text).not.toMatch(/^(create table|alter table|drop )/m);
    },
  );
});

describe("policies/", () => {
  const ofTables = policies.filter((file) => file.schema !== null && !file.path.endsWith("/schema.sql"));

  test("has a file for each table, and nothing else: a table without one is reached by nobody (OPP-06)", async () => {
    const rows = await ask(
      `select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p') and ${ours} order by 1`,
    );
    expect(rows.map((row) => row.name).sort()).toEqual(ofTables.map((file) => nameOf(file.path)).sort());
  });

  test.each(ofTables.map((file) => [file.path, file]))(
    "%s enables and forces, and speaks of its own table only",
    (path, file) => {
      const table = nameOf(path);
      expect(file.text).toContain(`alter table ${table} enable row level security;`);
      expect(file.text).toContain(`alter table ${table} force row level security;`);
      const targets = [
        ...file.text.matchAll(
          /^(?:create policy \w+ on|alter table|grant [\s\S]*? on(?: table)?) ([\w.]+)/gm,
        ),
      ].map((match) => match[1]);
      expect(new Set(targets)).toEqual(new Set([table]));
    },
  );

  test("name each policy after its command and whom it is for, and never leave out whom", async () => {
    const rows = await ask(`
      select schemaname || '.' || tablename || ': ' || policyname as name, policyname, roles::text[], cmd from pg_policies p
      join pg_namespace n on n.nspname = p.schemaname where ${ours}`);
    expect(rows.length).toBeGreaterThan(30);
    for (const row of rows) {
      expect(row.policyname, row.name).toMatch(new RegExp(`^${row.cmd.toLowerCase()}_[a-z_]+$`));
      expect(row.roles, row.name).not.toContain("public");
    }
  });

  test("are never true for everybody: only the keeper, the queue and the deploy note know no tenant, and the catalogue is the same for all", async () => {
    const rows = await ask(`
      select schemaname || '.' || tablename as name, roles::text[] from pg_policies p join pg_namespace n on n.nspname = p.schemaname
      where ${ours} and (qual = 'true' or with_check = 'true') and not ('bulkhead_keeper' = any (roles))`);
    expect([...new Set(rows.map((row) => row.name))].sort()).toEqual([
      "app.deployments",
      "connections.providers",
      "tenancy.permissions",
      "tenancy.role_permissions",
      "tenancy.roles",
    ]);
    for (const row of rows) expect(row.roles).toEqual(["bulkhead_owner"]);
  });
});
