import { readFile } from "node:fs/promises";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadConfig } from "../../../isolation/config.ts";
import { probeGroups, type ProbeGroup } from "../../../isolation/probe/groups.ts";
import { openProbes, type ProbeSession } from "../../../isolation/probe/session.ts";
import { loadQueries } from "../../../isolation/queries.ts";
import { createDatabase } from "../../helpers/database.ts";
import { open } from "./support.ts";

// What every Postgres tells, whoever wrote the schema. (Temporary tables and large objects, which every Postgres allows too,
// are closed in each of our test databases.)
const everywhere = ["fail C3 EXPLAIN", "fail C4 pg_class.reltuples"];

interface Fault {
  readonly sql: string;
  readonly group: ProbeGroup;
  readonly only: string;
  readonly id: string;
}

const schemas: readonly { readonly name: string; readonly faults: readonly Fault[] }[] = [
  {
    name: "ledger",
    faults: [
      {
        sql: "alter policy organization on ledger.accounts using (true)",
        group: "read",
        only: "ledger.accounts",
        id: "P1 ledger.accounts read of other tenants' rows",
      },
      {
        sql: "alter policy organization on ledger.accounts with check (true)",
        group: "write",
        only: "ledger.accounts",
        id: "P2 ledger.accounts insert into another tenant",
      },
      {
        sql: "alter policy organization on ledger.accounts with check (true)",
        group: "write",
        only: "ledger.accounts",
        id: "T7 ledger.accounts move to another tenant",
      },
      {
        sql: "grant select on ledger.entries_2026 to ledger_reports",
        group: "read",
        only: "ledger.entries_2026",
        id: "T2 ledger.entries_2026 read of other tenants' rows",
      },
      {
        sql: "alter view ledger.balances set (security_invoker = off); alter view ledger.balances owner to postgres",
        group: "views",
        only: "ledger.balances",
        id: "T5 ledger.balances depends on another tenant's rows",
      },
      {
        sql: "alter function ledger.book(uuid, numeric) owner to postgres; create or replace function ledger.book(account uuid, amount numeric) returns void language sql security definer as 'update ledger.accounts set name = name || amount where id = account'",
        group: "functions",
        only: "ledger.book(account uuid, amount numeric)",
        id: "F1 ledger.book(account uuid, amount numeric) call with another tenant's ids",
      },
    ],
  },
  {
    name: "clinic",
    faults: [
      {
        sql: "create or replace function auth.is_member(tenant uuid) returns boolean language sql stable security definer as 'select true'",
        group: "read",
        only: "clinic.doctors",
        id: "P1 clinic.doctors read of other tenants' rows",
      },
      {
        sql: "alter function auth.tenant() immutable",
        group: "plans",
        only: "clinic.doctors",
        id: "P7 clinic.doctors plan for one tenant, execute for another",
      },
      {
        sql: "create policy gone on clinic.appointments for delete to clinic_doctor using (true)",
        group: "write",
        only: "clinic.appointments",
        id: "P4 clinic.appointments blind delete",
      },
      {
        sql: "grant insert on auth.members to clinic_patient",
        group: "write",
        only: "auth.members",
        id: "P8 auth.members insert into another tenant",
      },
      {
        sql: "alter table clinic.appointments drop constraint appointments_tenant_id_doctor_id_fkey; alter table clinic.appointments add constraint loose foreign key (doctor_id) references clinic.doctors (id) on delete cascade",
        group: "keys",
        only: "clinic.appointments",
        id: "C2 clinic.appointments.loose point at another tenant's row",
      },
    ],
  },
];

describe.each(schemas)("the schema $name, which is not ours", { timeout: 90_000 }, ({ name, faults }) => {
  let client: pg.PoolClient;
  let session: ProbeSession;

  beforeAll(async () => {
    const database = await createDatabase("template0");
    client = await database.pool("postgres", { max: 1 }).connect();
    // Theirs to use, as Postgres has it.
    await client.query("grant usage on language plpgsql to public");
    // Its roles belong to the cluster: everything happens in one transaction that is rolled back.
    await client.query("begin");
    // Only this schema's logins serve here; the cluster's others are other databases'.
    const folder = new URL("../foreign/", import.meta.url);
    await client.query(await readFile(new URL(`${name}.sql`, folder), "utf8"));
    const config = await loadConfig(
      new URL(`${name}.config.json`, folder).pathname,
      client as unknown as pg.Client,
      await loadQueries(),
    );
    session = await openProbes(client as unknown as pg.Client, {
      ...config,
      roles: { ...config.roles, admins: ["bulkhead_*"] },
    });
  });
  afterAll(async () => {
    await client.query("rollback");
  });

  test("passes every probe but what every Postgres allows", async () => {
    const results = [];
    for (const group of probeGroups) results.push(...(await session.run(group)));
    expect(results.length).toBeGreaterThan(40);
    expect(open(results).sort()).toEqual(everywhere);
  });

  test.each(faults)("is found out: $id", async ({ sql, group, only, id }) => {
    await client.query("savepoint fault");
    await client.query(sql);
    const results = await session.run(group, [only]);
    await client.query("rollback to savepoint fault");
    expect(results.find((one) => one.id === id)).toMatchObject({ verdict: "fail" });
  });
});
