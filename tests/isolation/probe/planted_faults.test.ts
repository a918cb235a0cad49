import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { probeGroups, type ProbeGroup } from "../../../isolation/probe/groups.ts";
import { openProbes, type ProbeSession } from "../../../isolation/probe/session.ts";
import type { Config, ProbeResult } from "../../../isolation/types.ts";
import { createDatabase } from "../../helpers/database.ts";
import { plantedFaults } from "./faults.ts";
import { open, ownModel, probesAfter } from "./support.ts";

let client: pg.PoolClient;
let config: Config;

beforeAll(async () => {
  const database = await createDatabase();
  client = await database.pool("postgres", { max: 1 }).connect();
  config = await ownModel(client);
});

// What Postgres itself tells whoever can send SQL: accepted in isolation/baseline.json.
const accepted = ["fail C3 EXPLAIN", "fail C4 pg_class.reltuples"];

describe("the deployed database", () => {
  const results = new Map<ProbeGroup, ProbeResult[]>();

  beforeAll(async () => {
    await client.query("begin");
    const session = await openProbes(client as unknown as pg.Client, config);
    for (const group of probeGroups) results.set(group, await session.run(group));
    await client.query("rollback");
  }, 180_000);

  test.each(probeGroups)("passes the probes of the group %s, which does try something", (group) => {
    expect(results.get(group)!.length).toBeGreaterThan(0);
    expect(open(results.get(group)!).filter((one) => !accepted.includes(one))).toEqual([]);
  });

  test("gives every result an id of its own", () => {
    const ids = [...results.values()].flat().map((one) => one.id);
    expect(ids).toHaveLength(new Set(ids).size);
  });
});

describe("a planted fault", { timeout: 90_000 }, () => {
  const early = plantedFaults.filter((one) => one.before);
  const late = plantedFaults.filter((one) => !one.before);
  let session: ProbeSession;

  test.each(early)("is found: $what ($id)", async ({ group, sql, id, only }) => {
    const results = await probesAfter(client, config, group, sql, only);
    expect(results.find((one) => one.id === id)).toMatchObject({ verdict: "fail" });
  });

  describe("beside tenants that are there", () => {
    beforeAll(async () => {
      await client.query("begin");
      session = await openProbes(client as unknown as pg.Client, config);
    });
    afterAll(async () => {
      await client.query("rollback");
    });

    test.each(late)("is found: $what ($id)", async ({ group, sql, id, only }) => {
      await client.query("savepoint fault");
      await client.query(sql);
      const results = await session.run(group, only);
      await client.query("rollback to savepoint fault");
      expect(results.find((one) => one.id === id)).toMatchObject({ verdict: "fail" });
    });
  });
});

describe("a table whose rows cannot be made", { timeout: 90_000 }, () => {
  test("is unreliable, never a pass", async () => {
    const fault = `create table mail.odd (workspace_id uuid not null, id uuid not null, v text not null check (md5(v) = 'x'), primary key (workspace_id, id));
      alter table mail.odd enable row level security; alter table mail.odd force row level security`;
    const results = await probesAfter(client, config, "read", fault, ["mail.odd"]);
    expect(open(results)).toEqual(["unreliable P1 mail.odd read of other tenants' rows"]);
  });
});

describe("a new table", { timeout: 90_000 }, () => {
  test("is seeded and probed without being named anywhere", async () => {
    const fault = `create table mail.labels (workspace_id uuid not null references tenancy.workspaces (id), id uuid not null default gen_random_uuid(),
        inbox_id uuid not null, colour text not null check (colour in ('red', 'blue')), rank smallint not null check (rank between 3 and 7),
        code char(4) not null, primary key (workspace_id, id), foreign key (workspace_id, inbox_id) references mail.inboxes (workspace_id, id));
      alter table mail.labels enable row level security; alter table mail.labels force row level security;
      create policy all_member on mail.labels to bulkhead_member using (workspace_id = (select session.workspace_id()));
      grant select, insert, update, delete on mail.labels to bulkhead_member`;
    for (const group of ["read", "write", "keys", "plans", "views"] as const) {
      const results = await probesAfter(client, config, group, fault, ["mail.labels"]);
      expect(results.length).toBeGreaterThan(0);
      expect(open(results)).toEqual([]);
    }
  });
});
