import { describe, expect, test } from "vitest";
import { openCatalog, ours, oursAndQueues } from "./support.ts";

const ask = await openCatalog();
const roles = await ask(
  "select rolname as name, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolcanlogin, rolinherit from pg_roles where rolname !~ '^pg_'",
);
const mine = roles.filter((role) => role.name.startsWith("bulkhead_"));
const requestRoles = ["bulkhead_member", "bulkhead_agent", "bulkhead_recipient", "bulkhead_anonymous"];
/** Own the functions by which isolation.probe() attempts as a request role: that role's rights, and nothing else. */
const probeRoles = requestRoles.map((role) => role.replace("bulkhead_", "bulkhead_probe_"));
const owners = ["bulkhead_owner", "bulkhead_keeper", "bulkhead_queue"];

describe("PUBLIC", () => {
  test("has no right on any schema, table, column or sequence of ours", async () => {
    const found = await ask(`
      select n.nspname as name from pg_namespace n, aclexplode(n.nspacl) a where a.grantee = 0 and ${oursAndQueues}
      union all
      select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) a where a.grantee = 0 and ${oursAndQueues}
      union all
      select c.oid::regclass::text from pg_attribute b join pg_class c on c.oid = b.attrelid join pg_namespace n on n.oid = c.relnamespace, aclexplode(b.attacl) a
      where a.grantee = 0 and ${oursAndQueues}`);
    expect(found).toEqual([]);
  });

  test("has no right on the database, and creates nothing in the schema public", async () => {
    expect(
      await ask(
        "select a.privilege_type from pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a where d.datname = current_database() and a.grantee = 0",
      ),
    ).toEqual([]);
    expect(
      await ask(
        "select from pg_namespace n, aclexplode(n.nspacl) a where n.nspname = 'public' and a.grantee = 0 and a.privilege_type = 'CREATE'",
      ),
    ).toEqual([]);
    expect(await ask("select proname from pg_proc where pronamespace = 'public'::regnamespace")).toEqual([]);
  });

  test("will not execute what is made from now on (ISOLATION T4)", async () => {
    const rows = await ask(
      "select pg_get_userbyid(defaclrole) as role, defaclobjtype as type, defaclacl::text as acl from pg_default_acl where defaclrole = any (array(select oid from pg_roles where rolname = any ($1)))",
      [owners],
    );
    expect(
      rows
        .filter((row) => row.type === "f")
        .map((row) => row.role)
        .sort(),
    ).toEqual([...owners].sort());
    for (const row of rows) expect(row.acl).not.toMatch(/[{,]=/);
  });
});

describe("a request role", () => {
  test("reads columns that are listed by name, and has no other right on any table (NUM-26)", async () => {
    const onTables = await ask(
      `select c.oid::regclass::text as name, a.privilege_type, pg_get_userbyid(a.grantee) as role
       from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) a
       where ${oursAndQueues} and pg_get_userbyid(a.grantee) = any ($1)`,
      [requestRoles],
    );
    expect(onTables).toEqual([]);
    const onColumns = await ask(
      `select distinct a.privilege_type, a.is_grantable from pg_attribute b join pg_class c on c.oid = b.attrelid join pg_namespace n on n.oid = c.relnamespace, aclexplode(b.attacl) a
       where ${oursAndQueues} and pg_get_userbyid(a.grantee) = any ($1)`,
      [requestRoles],
    );
    expect(onColumns).toEqual([{ privilege_type: "SELECT", is_grantable: false }]);
  });

  test("is granted no column that holds something sealed, hashed or wrapped", async () => {
    const found = await ask(
      `select c.oid::regclass || '.' || b.attname as name from pg_attribute b join pg_class c on c.oid = b.attrelid join pg_namespace n on n.oid = c.relnamespace, aclexplode(b.attacl) a
       where ${ours} and pg_get_userbyid(a.grantee) = any ($1) and (b.attname ~ 'sealed|hash|wrapped|secret|token|pad$' or b.atttypid = 'app.secret'::regtype)
         and b.atttypid <> 'boolean'::regtype and n.nspname <> 'audit'`,
      [requestRoles],
    );
    expect(found).toEqual([]);
  });

  test("does not name the private schemas: keyring, queue, app's tables, isolation", async () => {
    const found = await ask(
      `select r.rolname, n.nspname from pg_roles r, pg_namespace n where r.rolname = any ($1) and has_schema_privilege(r.oid, n.oid, 'usage')
         and (n.nspname in ('keyring', 'queue', 'isolation', 'graphile_migrate') or n.nspname like 'queue\\_%')`,
      [requestRoles],
    );
    expect(found).toEqual([]);
  });
});

describe("logins and roles (OPP-12, NUM-35)", () => {
  test("nobody bypasses row-level security but the superuser that the cluster was made with", () => {
    expect(roles.filter((role) => role.rolsuper || role.rolbypassrls).map((role) => role.name)).toEqual([
      "postgres",
    ]);
  });

  test("none of ours creates roles or databases, or replicates (ISOLATION R3)", () => {
    expect(mine.length).toBeGreaterThan(15);
    expect(mine.filter((role) => role.rolcreaterole || role.rolcreatedb || role.rolreplication)).toEqual([]);
  });

  test("an owner or request role is nobody's login, and every login but deploy's inherits nothing", () => {
    for (const role of mine) {
      expect(role.rolcanlogin, role.name).toBe(
        ![...owners, ...requestRoles, ...probeRoles].includes(role.name),
      );
      if (role.rolcanlogin && role.name !== "bulkhead_deploy") expect(role.rolinherit, role.name).toBe(false);
    }
  });

  test("deploy alone is a member of the owners, the API and the probes' stand-ins of the request roles; nobody is a member of anything else (ISOLATION R1, R2)", async () => {
    const rows = await ask(`
      select pg_get_userbyid(member) || ' in ' || pg_get_userbyid(roleid) as name from pg_auth_members
      where pg_get_userbyid(member) !~ '^pg_' and pg_get_userbyid(member) <> 'postgres' order by 1`);
    expect(rows.map((row) => row.name).sort()).toEqual(
      [
        ...requestRoles.map((role) => `bulkhead_api in ${role}`),
        ...[...owners, ...probeRoles].map((role) => `bulkhead_deploy in ${role}`),
        ...requestRoles.map((role, n) => `${probeRoles[n]} in ${role}`),
      ].sort(),
    );
  });

  test("nobody of ours may set what switches triggers off (ISOLATION R4), and no setting of a role weakens it (R5)", async () => {
    expect(await ask("select parname from pg_parameter_acl")).toEqual([]);
    const settings = await ask("select unnest(setconfig) as setting from pg_db_role_setting");
    for (const { setting } of settings)
      expect(setting).not.toMatch(
        /^(row_security|search_path|role|session\.|session_replication_role|check_function_bodies)/,
      );
  });

  test("an auditor reads no tenant's row", async () => {
    const found = await ask(`
      select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where ${oursAndQueues} and c.relkind in ('r', 'p', 'v') and has_any_column_privilege('bulkhead_auditor', c.oid, 'select')
        and n.nspname <> 'isolation'`);
    expect(found).toEqual([]);
  });

  test("each service reads its own queue and no table else; what it may do is a function (NUM-32, NUM-33)", async () => {
    const rows = await ask(
      `select r.rolname as role, n.nspname as schema from pg_roles r, pg_class c join pg_namespace n on n.oid = c.relnamespace
       where r.rolname like 'bulkhead\\_%' and r.rolcanlogin and r.rolname <> 'bulkhead_deploy' and c.relkind in ('r', 'p') and ${oursAndQueues}
         and (has_any_column_privilege(r.oid, c.oid, 'select,insert,update') or has_table_privilege(r.oid, c.oid, 'delete,truncate')) group by 1, 2`,
    );
    for (const row of rows) expect(row.schema).toBe(row.role.replace("bulkhead_", "queue_"));
  });

  test("the API executes nothing of the keyring, and no login but a worker's does", async () => {
    const rows = await ask(
      `
      select distinct r.rolname as role from pg_roles r, pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname = 'keyring' and r.rolname like 'bulkhead\\_%' and has_function_privilege(r.oid, p.oid, 'execute') and r.rolname <> all ($1)`,
      [[...owners, "bulkhead_deploy"]],
    );
    for (const row of rows)
      expect([...requestRoles, "bulkhead_api", "bulkhead_identity", "bulkhead_auditor"]).not.toContain(
        row.role,
      );
  });
});
