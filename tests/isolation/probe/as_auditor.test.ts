import { beforeAll, describe, expect, test } from "vitest";
import { connect } from "../../../isolation/connect.ts";
import { createDatabase, type TestDatabase } from "../../helpers/database.ts";
import { createWorkspace } from "../../helpers/people.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
  await createWorkspace(database, "Harbour");
});

/** How many rows every table has, and how many objects there are. */
async function everything(): Promise<unknown> {
  const pool = database.pool("postgres");
  const { rows: tables } = await pool.query(
    `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and n.nspname !~ '^(pg_|information_schema)' order by 1`,
  );
  const counts: Record<string, number> = {};
  for (const { name } of tables) counts[name] = (await pool.query(`select from ${name}`)).rowCount!;
  const { rows } = await pool.query(
    "select (select count(*) from pg_class) as relations, (select count(*) from pg_proc) as functions, (select count(*) from pg_namespace) as schemas",
  );
  return { counts, ...rows[0] };
}

/** What probing as the auditor says once `fault` is in force, and `mend` has put things right again. */
async function openAfter(fault: string, mend: string): Promise<string[]> {
  await database.pool("postgres").query(fault);
  try {
    const { rows } = await database
      .pool("bulkhead_auditor")
      .query("select id from isolation.probe() where verdict = 'fail'");
    return rows.map((row) => row.id);
  } finally {
    await database.pool("postgres").query(mend);
  }
}

describe("an auditor who probes from psql", { timeout: 60_000 }, () => {
  test("gets every verdict, none of them unreliable, and is told what this login cannot attempt", async () => {
    const before = await everything();
    const { rows } = await database
      .pool("bulkhead_auditor")
      .query("select id, verdict, detail from isolation.probe()");
    expect(rows.filter((one) => one.verdict === "unreliable")).toEqual([]);
    // Postgres cannot close these to whoever sends SQL; isolation/baseline.json accepts them for the command.
    expect(rows.filter((one) => one.verdict === "fail").map((one) => one.id)).toEqual([
      "C3 EXPLAIN",
      "C4 pg_class.reltuples",
    ]);
    expect(rows.length).toBeGreaterThan(1000);
    expect(rows[0]).toMatchObject({
      id: "P0 the run scope",
      detail: expect.stringContaining("need a superuser"),
    });
    expect(rows.find((one) => one.id === "P0 role bulkhead_member sees its own rows (control)").verdict).toBe(
      "pass",
    );
    expect(await everything()).toEqual(before);
  });

  test("finds a policy that lets everybody in", async () => {
    const open = await openAfter(
      "create policy planted on mail.inboxes for select to bulkhead_member using (true)",
      "drop policy planted on mail.inboxes",
    );
    expect(open).toContain("P1 mail.inboxes read of other tenants' rows");
    expect(open).toContain("P5 mail.inboxes read without a live context");
    expect(open).toContain("P7 mail.inboxes plan for one tenant, execute for another");
  });

  test("finds a right and a policy to write blindly", async () => {
    const open = await openAfter(
      "grant update (name), delete on tenancy.teams to bulkhead_member; create policy planted on tenancy.teams to bulkhead_member using (true) with check (true)",
      "revoke update (name), delete on tenancy.teams from bulkhead_member; drop policy planted on tenancy.teams",
    );
    expect(open).toEqual(
      expect.arrayContaining(["P4 tenancy.teams blind update", "P4 tenancy.teams blind delete"]),
    );
  });

  test("finds a definer function that takes another tenant's ids", async () => {
    const open = await openAfter(
      `create function tenancy.planted(team_id uuid) returns text language sql stable security definer set search_path to pg_catalog, pg_temp
         as 'select t.name from tenancy.teams t where t.id = team_id';
       grant execute on function tenancy.planted(uuid) to bulkhead_member`,
      "drop function tenancy.planted(uuid)",
    );
    expect(open).toContain("F1 tenancy.planted(team_id uuid) call with another tenant's ids");
  });

  test("finds a context that outlives its session", async () => {
    const { rows } = await database
      .pool("postgres")
      .query("select pg_get_viewdef('session.current'::regclass) as text");
    const loose = (rows[0].text as string).replace(
      /THEN clock_timestamp\(\)/,
      "THEN '-infinity'::timestamptz",
    );
    expect(loose).not.toBe(rows[0].text);
    const open = await openAfter(
      `create or replace view session.current as ${loose}`,
      `create or replace view session.current as ${rows[0].text}`,
    );
    expect(open).toContain("P5 mail.inboxes read without a live context");
  });
});

describe("an auditor who wants more than verdicts", { timeout: 60_000 }, () => {
  test("may call no part of the prober by itself", async () => {
    const { rows } = await database.pool("postgres").query(
      `select p.oid::regprocedure::text as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
       where n.nspname not in ('pg_catalog', 'information_schema') and has_function_privilege('bulkhead_auditor', p.oid, 'execute')
         and (p.prosecdef or p.provolatile = 'v') order by 1`,
    );
    expect(rows.map((row) => row.name)).toEqual([
      "isolation.probe(jsonb,text[])",
      "isolation.probe_as_auditor(text[])",
    ]);
    const auditor = database.pool("bulkhead_auditor");
    for (const attempt of [
      "select isolation.probe_seed(isolation.config())",
      "select isolation.probe_begin('{}', 'a')",
      "select isolation.probe_as_bulkhead_member(array['select 1'])",
      "select isolation.probe_step('bulkhead_api', 'bulkhead_member', array['select 1'])",
      "select session.mint_probed(gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'owner', 'active', now(), false)",
      "insert into isolation.probed values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid())",
      "select * from isolation.probed",
      ...["probe_member", "probe_agent", "owner", "keeper", "member", "api"].map(
        (role) => `set role bulkhead_${role}`,
      ),
      "create temporary table pg_class (oid oid)",
      "create function public.count(bigint) returns bigint language sql as 'select 1'",
      "create schema shadow",
    ]) {
      await expect(auditor.query(attempt), attempt).rejects.toMatchObject({ code: "42501" });
    }
  });

  test("sends no statement along: a model of their own and a made-up group are refused", async () => {
    const auditor = database.pool("bulkhead_auditor");
    const { rows } = await auditor.query(
      `select verdict, detail from isolation.probe(isolation.config() || '{"context": {"enter": ["drop table mail.messages"]}}')`,
    );
    expect(rows).toEqual([{ verdict: "unreliable", detail: expect.stringContaining("ZI001") }]);
    await expect(
      auditor.query("select * from isolation.probe_as_auditor(array['seed_tenant'])"),
    ).rejects.toMatchObject({
      code: "ZI005",
    });
  });

  test("finds no token, no row and no setting left in their own transaction", async () => {
    const client = await connect(database.url("bulkhead_auditor"));
    await client.query("begin");
    await client.query("select count(*) from isolation.probe(only_groups => array['read', 'plans'])");
    const { rows } = await client.query(
      `select current_setting('session.token', true) as token, current_user as who, (select count(*)::integer from pg_prepared_statements) as plans,
         (select count(*)::integer from pg_locks l where l.pid = pg_backend_pid() and l.locktype = 'advisory') as locks`,
    );
    expect(rows[0]).toEqual({
      token: expect.toBeOneOf([null, ""]),
      who: "bulkhead_auditor",
      plans: 0,
      locks: 0,
    });
    await client.query("commit");
    await client.end();
  });

  test("cannot stop it in the middle and keep what is there", async () => {
    const before = await everything();
    const client = await connect(database.url("bulkhead_auditor"));
    for (const timeout of [30, 100, 300]) {
      await client.query("begin");
      await client.query(`set local statement_timeout = ${timeout}`);
      await expect(client.query("select count(*) from isolation.probe()")).rejects.toMatchObject({
        code: "57014",
      });
      await client.query("commit");
    }
    // A savepoint brings the transaction back, without what was made after it.
    await client.query("begin; savepoint s; set local statement_timeout = 100");
    await client.query("select count(*) from isolation.probe()").catch(() => {});
    await client.query("rollback to savepoint s; set local statement_timeout = 0");
    const { rows } = await client.query("select current_setting('session.token', true) as token");
    expect(rows[0].token).toBeOneOf([null, ""]);
    await client.query("commit");
    await client.end();
    expect(await everything()).toEqual(before);
  });

  test("bends nothing by the settings of their session: what cannot be tried is unreliable or refused", async () => {
    const client = await connect(database.url("bulkhead_auditor"));
    await client.query("set search_path = public, pg_temp, pg_catalog");
    await client.query("select set_config('session.token', 'a.b.c', false)");
    await client.query("set plan_cache_mode = force_generic_plan");
    const { rows } = await client.query(
      "select verdict, count(*)::integer as count from isolation.probe(only_groups => array['read']) group by 1",
    );
    expect(rows.map((row) => row.verdict)).toEqual(["pass"]);
    await client.query("set row_security = off");
    const off = await client.query(
      "select verdict from isolation.probe(only_groups => array['read']) where verdict <> 'pass'",
    );
    expect(off.rows.map((row) => row.verdict)).toEqual(["unreliable"]);
    await client.query("set row_security = on");
    await client.query("begin isolation level repeatable read");
    await expect(client.query("select * from isolation.probe()")).rejects.toMatchObject({ code: "ZI004" });
    await client.query("rollback");
    await client.query("begin read only");
    const only = await client.query("select verdict from isolation.probe() where verdict <> 'pass'");
    expect(only.rows.map((row) => row.verdict)).toEqual(["unreliable"]);
    await client.query("rollback");
    await client.end();
  });

  // The last wall: a fault in the prober itself would be needed to get this far.
  test("would not commit a synthetic tenant even with the prober's seed in hand", async () => {
    const admin = database.pool("postgres");
    await admin.query(
      `create function isolation.planted(triggers_off boolean) returns jsonb language plpgsql security definer set search_path to pg_catalog, pg_temp
         as 'begin return isolation.probe_seed(isolation.config()); end';
       alter function isolation.planted(boolean) owner to bulkhead_owner;
       grant execute on function isolation.planted(boolean) to bulkhead_auditor`,
    );
    const before = await everything();
    const client = await connect(database.url("bulkhead_auditor"));
    for (const last of ["commit", "set constraints all immediate"]) {
      await client.query("begin");
      const { rows } = await client.query("select isolation.planted(false) -> 'problems' as problems");
      expect(rows[0].problems).toEqual({});
      await expect(client.query(last), last).rejects.toMatchObject({ code: "ZI002" });
      await client.query("rollback");
    }
    await expect(client.query("select isolation.planted(false)")).rejects.toMatchObject({ code: "ZI002" });
    await client.end();
    // Not even with triggers switched off, which takes a superuser.
    const replica = await connect(database.adminUrl);
    await replica.query("begin; set local session_replication_role = replica");
    await replica.query(
      "insert into isolation.probed select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid()",
    );
    await expect(replica.query("commit")).rejects.toMatchObject({ code: "ZI002" });
    await replica.end();
    await admin.query("drop function isolation.planted(boolean)");
    const after = (await everything()) as { counts: unknown };
    expect(after.counts).toEqual((before as { counts: unknown }).counts);
  });

  test("is the only one who gets a synthetic token: everybody else's seed is refused", async () => {
    const admin = database.pool("postgres");
    await admin.query(
      `create function session.planted() returns text language sql security definer set search_path to pg_catalog, pg_temp
         as 'select session.mint_probed(gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), ''owner'', ''active'', now(), false)';
       alter function session.planted() owner to bulkhead_owner;
       grant execute on function session.planted() to bulkhead_api; grant usage on schema session to bulkhead_auditor;
       grant execute on function session.planted() to bulkhead_auditor`,
    );
    for (const login of ["bulkhead_api", "bulkhead_auditor"] as const)
      await expect(database.pool(login).query("select session.planted()"), login).rejects.toMatchObject({
        code: "ZI003",
      });
    await admin.query(
      "drop function session.planted(); revoke usage on schema session from bulkhead_auditor",
    );
  });
});
