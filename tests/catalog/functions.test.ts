import { expect, test } from "vitest";
import { openCatalog, ours, oursAndQueues } from "./support.ts";

const ask = await openCatalog();

const functions = await ask(`
  select p.oid::regprocedure::text as name, n.nspname as schema, p.prosecdef as definer, p.proconfig as config, p.prosqlbody is not null as atomic,
    pg_get_userbyid(p.proowner) as owner, pg_get_userbyid(n.nspowner) as schema_owner, p.proleakproof as leakproof, p.provolatile as volatility,
    l.lanname as language, p.prosrc as source
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang where ${ours} order by 1`);

test("there are functions to look at", () => {
  expect(functions.length).toBeGreaterThan(70);
});

test("PUBLIC executes no function, ours or the queues' (ISOLATION F1)", async () => {
  const open = await ask(`
    select p.oid::regprocedure::text as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where ${oursAndQueues} and exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee = 0)`);
  expect(open).toEqual([]);
});

test("a definer's names cannot be shadowed: its search_path is pinned, pg_temp last, or its body is bound when it is made (ISOLATION F2)", () => {
  const loose = functions.filter(
    (one) => one.definer && !one.atomic && !one.config?.includes("search_path=pg_catalog, pg_temp"),
  );
  expect(loose.map((one) => one.name)).toEqual([]);
});

test("every other function pins its search_path too, or is bound when it is made", () => {
  const loose = functions.filter(
    (one) => !one.atomic && !one.config?.includes("search_path=pg_catalog, pg_temp"),
  );
  expect(loose.map((one) => one.name)).toEqual([]);
});

test("a function belongs to its schema's owner, who is no superuser and nobody's login (ISOLATION F1)", () => {
  // What attempts as a request role runs as that role's stand-in, and is called by the owner's prober alone.
  const attempts = /^isolation\.probe_as_bulkhead_(member|agent|recipient|anonymous)\(/;
  for (const one of functions) {
    const [, role] = attempts.exec(one.name) ?? [];
    if (role) {
      expect(one.owner, one.name).toBe(`bulkhead_probe_${role}`);
      continue;
    }
    expect(["bulkhead_owner", "bulkhead_keeper", "bulkhead_queue"], one.name).toContain(one.owner);
    expect(one.owner, one.name).toBe(one.schema_owner);
  }
});

test("no function is leakproof, and none that asks for the session claims to be immutable (ISOLATION P7, P9)", () => {
  expect(functions.filter((one) => one.leakproof)).toEqual([]);
  const immutable = functions.filter(
    (one) => one.volatility === "i" && /session\.|current_setting|auth/.test(one.source),
  );
  expect(immutable.map((one) => one.name)).toEqual([]);
});

test("no definer changes role, token or settings, and the few that write SQL at run time quote it (ISOLATION F3)", () => {
  const own = functions.filter((one) => one.schema !== "isolation");
  const changes = own.filter((one) =>
    /set_config\s*\((?!'synchronous_commit')|\bset\s+(local\s+)?(role|session)\b|reset\s+role/i.test(
      one.source,
    ),
  );
  expect(changes.map((one) => one.name)).toEqual([]);
  const dynamic = own.filter(
    (one) => one.language === "plpgsql" && /\bexecute\s+(?!function)/i.test(one.source),
  );
  // They make and drop months by names of their own, choose conditions from literals of their own, and empty tables that
  // they name themselves.
  const audited = [
    "audit.ensure_partitions(",
    "audit.drop_expired_partitions(",
    "audit.search_events(",
    "tenancy.remove_deleted_rows(",
  ];
  for (const one of dynamic.filter((each) => !audited.some((name) => each.name.startsWith(name)))) {
    expect(one.definer, one.name).toBe(false);
    expect(one.source, one.name).toMatch(/execute\s+format\(/i);
  }
});

test("a view that a login or a request role may read keeps its condition before the caller's own (ISOLATION T5, P9)", async () => {
  // The others are read by definer functions alone, which write no conditions of a caller's into a query.
  const views = await ask(
    `select c.oid::regclass::text as name, c.reloptions as options from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'v' and ${ours}
       and exists (select from aclexplode(c.relacl) a where a.grantee not in (c.relowner, 'bulkhead_owner'::regrole))`,
  );
  for (const view of views) {
    expect(
      view.options?.some((option: string) => /^security_(barrier|invoker)=(true|on)$/.test(option)),
      view.name,
    ).toBe(true);
  }
});

test("every trigger of ours calls a function that nobody may call otherwise", async () => {
  const open = await ask(`
    select p.oid::regprocedure::text as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where ${ours} and p.prorettype = 'trigger'::regtype
      and exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee <> p.proowner)`);
  // It does nothing but raise, and guards a table of the keeper's too.
  expect(open).toEqual([{ name: "isolation.refuse_to_commit()" }]);
});
