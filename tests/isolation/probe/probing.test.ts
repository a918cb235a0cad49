import { beforeAll, describe, expect, test } from "vitest";
import { loadBaseline } from "../../../isolation/baseline.ts";
import { connect } from "../../../isolation/connect.ts";
import { probeCopy } from "../../../isolation/probe/copy.ts";
import { probe, weighProbes } from "../../../isolation/probe/probe.ts";
import { probeResidue } from "../../../isolation/probe/residue.ts";
import { openProbes, withProbes } from "../../../isolation/probe/session.ts";
import { attempts, probeSnapshots } from "../../../isolation/probe/snapshot.ts";
import type { Config, ProbeResult } from "../../../isolation/types.ts";
import { createDatabase, type TestDatabase } from "../../helpers/database.ts";
import { createWorkspace } from "../../helpers/people.ts";
import { ownModel } from "./support.ts";

let database: TestDatabase;
let config: Config;

beforeAll(async () => {
  database = await createDatabase();
  await createWorkspace(database, "Harbour");
  const client = await database.pool("postgres").connect();
  config = await ownModel(client);
  client.release();
});

/** How many rows every table has, and how many objects there are. */
async function everything(): Promise<unknown> {
  const pool = database.pool("postgres", { max: 1 });
  const { rows: tables } = await pool.query(
    `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and n.nspname !~ '^(pg_|information_schema)' order by 1`,
  );
  const counts: Record<string, number> = {};
  for (const { name } of tables) counts[name] = (await pool.query(`select from ${name}`)).rowCount!;
  const { rows } = await pool.query(
    "select (select count(*) from pg_class) as relations, (select count(*) from pg_proc) as functions, (select count(*) from pg_largeobject_metadata) as objects, (select count(*) from pg_namespace) as schemas",
  );
  await pool.end();
  return { counts, ...rows[0] };
}

describe("probing a database", { timeout: 120_000 }, () => {
  test("is clean beside the baseline, counts what it tried and leaves nothing", async () => {
    const before = await everything();
    const baseline = await loadBaseline(
      new URL("../../../isolation/baseline.json", import.meta.url).pathname,
      true,
    );
    const report = await probe({
      url: database.adminUrl,
      adminUrl: null,
      config,
      baseline,
      progress: () => {},
      rest: [],
    });
    expect(report.probes!.filter((one) => one.verdict !== "pass")).toEqual([]);
    expect(report.problems).toEqual([]);
    expect(report.coverage!.probes).toBeGreaterThan(900);
    expect(await everything()).toEqual(before);
  });

  test("from psql leaves nothing either, without a transaction around it", async () => {
    const before = await everything();
    const pool = database.pool("postgres", { max: 1 });
    const { rows } = await pool.query(
      "select verdict, count(*)::integer as count from isolation.probe() group by 1",
    );
    expect(rows.find((one) => one.verdict === "pass").count).toBeGreaterThan(900);
    expect(rows.find((one) => one.verdict === "unreliable")).toBeUndefined();
    expect(await everything()).toEqual(before);
  });

  test("leaves nothing when its connection is cut in the middle", async () => {
    const before = await everything();
    const client = await connect(database.adminUrl);
    await client.query("begin");
    await openProbes(client, config);
    const { rows } = await client.query("select pg_backend_pid() as pid");
    const cut = new Promise((resolve) => client.once("end", resolve));
    await database.pool("postgres").query("select pg_terminate_backend($1)", [rows[0].pid]);
    await cut;
    expect(await everything()).toEqual(before);
  });

  test("says that it cannot run for a login that can neither become others nor ask the deployed prober", async () => {
    for (const login of ["bulkhead_api", "bulkhead_deploy"] as const)
      await expect(
        probe({
          url: database.url(login),
          adminUrl: null,
          config,
          baseline: [],
          progress: () => {},
          rest: [],
        }),
        login,
      ).rejects.toMatchObject({ code: "ISOLATION_NOT_SUPERUSER" });
    await expect(withProbes(database.url("bulkhead_auditor"), config, async () => {})).rejects.toMatchObject({
      code: "ISOLATION_NOT_SUPERUSER",
    });
  });

  test("asks the deployed prober with the auditor's login, and says when that is not the checked-out one", async () => {
    const run = {
      url: database.url("bulkhead_auditor"),
      adminUrl: null,
      config,
      baseline: await loadBaseline(
        new URL("../../../isolation/baseline.json", import.meta.url).pathname,
        true,
      ),
      progress: () => {},
      rest: [],
    };
    const clean = await probe(run);
    expect(clean.probes!.length).toBeGreaterThan(1000);
    expect(clean.probes!.filter((one) => one.verdict !== "pass")).toEqual([]);
    expect(clean.problems).toEqual([]);
    await database.pool("postgres").query(
      `create or replace function isolation.probe_run(model jsonb, groups text[]) returns table (id text, title text, verdict text, detail text)
         language plpgsql as 'begin return query select ''P1 all is well'', ''trust me'', ''pass'', ''''; end'`,
    );
    const fooled = await probe(run);
    expect(fooled.problems).toEqual(["isolation.probe_run() in the database is not the checked-out one"]);
  });

  test("fails where the model finds no tenant table", async () => {
    const wrong: Config = { ...config, tenant: { columns: ["no_such_column"] } };
    const report = await probe({
      url: database.adminUrl,
      adminUrl: null,
      config: wrong,
      baseline: [],
      progress: () => {},
      rest: [],
    });
    expect(report.problems!.join()).toContain("no tenant table");
  });
});

describe("COPY", { timeout: 90_000 }, () => {
  test("delivers a tenant's own rows alone, and nothing with row_security off", async () => {
    const results = await withProbes(database.adminUrl, config, probeCopy);
    expect(results.length).toBeGreaterThan(5);
    expect(results.filter((one) => one.verdict !== "pass")).toEqual([]);
  });

  test("is found out where row-level security is off", async () => {
    const client = await connect(database.adminUrl);
    await client.query("begin");
    await client.query("alter table mail.inboxes disable row level security");
    const results = await probeCopy(await openProbes(client, config));
    await client.query("rollback");
    await client.end();
    expect(results.find((one) => one.id === "S2 mail.inboxes copy as bulkhead_member")).toMatchObject({
      verdict: "fail",
    });
  });
});

describe("residue of a pooled connection", () => {
  test("is seen: what Postgres leaves behind is told, for the baseline to accept with its reason", async () => {
    const results = await probeResidue(database.adminUrl, config);
    expect(results.map((one) => `${one.verdict} ${one.id}`)).toEqual([
      "fail S1 pool held cursor",
      "fail S1 pool session setting",
      "fail S1 pool prepared statement",
      "fail S1 pool advisory lock",
      "fail C5 NOTIFY",
    ]);
  });
});

describe("the baseline", () => {
  const entry = { id: "S1", object: "pool *", reason: "no caller sends SQL", expires: "2030-01-01" };
  const result = (verdict: ProbeResult["verdict"]): ProbeResult => ({
    id: "S1 pool held cursor",
    title: "t",
    verdict,
    detail: "d",
  });

  test("accepts a failed probe until it expires, and says why", () => {
    expect(weighProbes([result("fail")], [entry], new Date("2029-12-31"))[0]).toMatchObject({
      verdict: "pass",
      detail: expect.stringContaining("no caller sends SQL"),
    });
    expect(weighProbes([result("fail")], [entry], new Date("2030-01-02"))[0]!.verdict).toBe("fail");
  });

  test("never accepts an attempt that could not be made", () => {
    expect(weighProbes([result("unreliable")], [entry], new Date("2029-12-31"))[0]!.verdict).toBe(
      "unreliable",
    );
  });
});

describe("a transaction that keeps one snapshot", { timeout: 90_000 }, () => {
  test("shows no tenant's row, under repeatable read and under serializable", async () => {
    const results = await probeSnapshots(database.adminUrl, config);
    expect(results.length).toBeGreaterThan(20);
    expect(results.filter((one) => one.verdict !== "pass")).toEqual([]);
  });

  test("is found out where a session counts there too", async () => {
    const client = await connect(database.adminUrl);
    await client.query("begin isolation level repeatable read");
    await client.query(
      "do $$ begin execute 'create or replace view session.current as ' || replace(pg_get_viewdef('session.current'::regclass), 'ELSE NULL::timestamp with time zone', 'ELSE clock_timestamp()'); end $$",
    );
    const results = await attempts(await openProbes(client, config), "repeatable read");
    await client.query("rollback");
    await client.end();
    expect(results.find((one) => one.id === "P5 mail.inboxes read under repeatable read")).toMatchObject({
      verdict: "fail",
    });
  });
});
