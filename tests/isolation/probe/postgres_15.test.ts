import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { urlFor, withClient } from "../../../database/connect.ts";
import { deploy } from "../../../database/deploy.ts";
import type { EmbeddedPostgres } from "../../../database/embedded/server.ts";
import { startTemporaryPostgres } from "../../../database/embedded/temporary.ts";
import { logins, type Login } from "../../../database/services.ts";
import { loadBaseline } from "../../../isolation/baseline.ts";
import { check } from "../../../isolation/check.ts";
import { loadConfig } from "../../../isolation/config.ts";
import { connect } from "../../../isolation/connect.ts";
import { probe } from "../../../isolation/probe/probe.ts";
import { openProbes } from "../../../isolation/probe/session.ts";
import { loadQueries } from "../../../isolation/queries.ts";
import type { BaselineEntry, Config, Run } from "../../../isolation/types.ts";
import { plantedFaults } from "./faults.ts";

const missing = !existsSync("/usr/lib/postgresql/15/bin/postgres");

describe.skipIf(missing)("on Postgres 15, the oldest that is served", { timeout: 180_000 }, () => {
  let server: EmbeddedPostgres;
  let adminUrl: string;
  let config: Config;
  let baseline: BaselineEntry[];
  const passwords = Object.fromEntries(logins.map((login) => [login, "secret"])) as Record<Login, string>;
  const run = (url: string): Run => ({
    url,
    adminUrl: null,
    config,
    baseline,
    progress: () => {},
    rest: [],
  });
  const login = (user: Login) => urlFor(adminUrl, { user, password: passwords[user] });

  beforeAll(async () => {
    server = await startTemporaryPostgres({ version: "15" });
    await withClient(server.superuserUrl, (client) => client.query("create database bulkhead"));
    adminUrl = urlFor(server.superuserUrl, { database: "bulkhead" });
    await deploy({ adminUrl, deployUrl: login("bulkhead_deploy"), passwords });
    const client = await connect(adminUrl);
    config = await loadConfig(null, client as pg.Client, await loadQueries());
    await client.end();
    baseline = await loadBaseline(
      new URL("../../../isolation/baseline.json", import.meta.url).pathname,
      true,
    );
  }, 180_000);
  afterAll(() => server?.stop());

  test("the static checks are clean, in the command and in psql", async () => {
    const report = await check(run(login("bulkhead_auditor")));
    expect(report.checks!.flatMap((one) => one.findings)).toEqual([]);
    const { rows } = await withClient(login("bulkhead_auditor"), (client) =>
      client.query("select check_id from isolation.findings()"),
    );
    expect(rows.map((row) => row.check_id)).toEqual(
      report.checks!.flatMap((one) => one.accepted.map(() => one.id)),
    );
  });

  test("the probes are clean, for a superuser and for the auditor", async () => {
    for (const url of [adminUrl, login("bulkhead_auditor")]) {
      const report = await probe(run(url));
      expect(report.probes!.length).toBeGreaterThan(900);
      expect(report.probes!.filter((one) => one.verdict !== "pass")).toEqual([]);
      expect(report.problems).toEqual([]);
    }
  });

  // The commands of isolation/README.md: no tenant's row leaves the original.
  test("the probes are clean on a copy of the configuration alone, and find what is loose in it", async () => {
    const tool = (name: string, ...args: string[]) =>
      execFileSync(`/usr/lib/postgresql/15/bin/${name}`, args, { stdio: "pipe" });
    const folder = mkdtempSync(path.join(os.tmpdir(), "isolation-copy-"));
    const [dump, reference] = [path.join(folder, "dump"), path.join(folder, "reference.sql")];
    const other = await startTemporaryPostgres({ version: "15" });
    try {
      const tables = [
        "tenancy.roles",
        "tenancy.permissions",
        "tenancy.role_permissions",
        "connections.providers",
      ];
      tool("pg_dump", "--create", "--format=custom", "--schema-only", `--file=${dump}`, adminUrl);
      tool(
        "pg_dump",
        "--data-only",
        "--disable-triggers",
        ...tables.map((one) => `--table=${one}`),
        `--file=${reference}`,
        adminUrl,
      );
      const roles = new URL("../../../migrations/roles.sql", import.meta.url).pathname;
      tool("psql", other.superuserUrl, "-v", "ON_ERROR_STOP=1", "-q", "-f", roles);
      tool("pg_restore", "--create", "--exit-on-error", `--dbname=${other.superuserUrl}`, dump);
      const copy = urlFor(other.superuserUrl, { database: "bulkhead" });
      tool("psql", copy, "-v", "ON_ERROR_STOP=1", "-q", "-f", reference);
      const clean = await probe(run(copy));
      expect(clean.probes!.length).toBeGreaterThan(900);
      expect(clean.probes!.filter((one) => one.verdict !== "pass")).toEqual([]);
      await withClient(copy, (client) =>
        client.query("alter policy select_member on mail.inboxes using (true)"),
      );
      const loose = await probe(run(copy));
      expect(loose.probes!.filter((one) => one.verdict === "fail").map((one) => one.id)).toContain(
        "P1 mail.inboxes read of other tenants' rows",
      );
    } finally {
      await other.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("the probes find a planted fault of each group", async () => {
    const client = await connect(adminUrl);
    await client.query("begin");
    const session = await openProbes(client, config);
    const groups = new Set<string>();
    for (const fault of plantedFaults) {
      // MAINTAIN and its like came later.
      if (fault.before || groups.has(fault.group) || /maintain/i.test(fault.sql)) continue;
      groups.add(fault.group);
      await client.query("savepoint fault");
      await client.query(fault.sql);
      const results = await session.run(fault.group, fault.only);
      await client.query("rollback to savepoint fault");
      expect(
        results.find((one) => one.id === fault.id),
        fault.id,
      ).toMatchObject({ verdict: "fail" });
    }
    await client.query("rollback");
    await client.end();
    expect(groups.size).toBeGreaterThan(8);
  });
});
