import { describe, expect, test } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { asMember, createWorkspace } from "../helpers/people.ts";
import { makeNotaryKey, seal } from "./support.ts";

const database = await createDatabase();
const admin = database.pool("postgres", { max: 2 });
const owner = await createWorkspace(database, "Harbour");
const { key } = await makeNotaryKey();
await seal(database, key);
const tables = ["audit.events", "audit.chain", "audit.heads"] as const;
const attempts = (table: string) => [
  `update ${table} set workspace_id = workspace_id`,
  `delete from ${table}`,
  `truncate ${table}`,
];

/** Runs one statement as the log's owner, after `weaken` has taken layers away; nothing stays. */
async function asOwner(
  statement: string,
  weaken: string[] = [],
): Promise<{ code: string | null; rows: number }> {
  const client = await admin.connect();
  try {
    await client.query("begin");
    for (const sql of weaken) await client.query(sql);
    await client.query("set local role bulkhead_owner");
    const result = await client.query(statement);
    return { code: null, rows: result.rowCount ?? 0 };
  } catch (error) {
    return { code: (error as { code: string }).code, rows: 0 };
  } finally {
    await client.query("rollback");
    client.release();
  }
}

describe.each(tables)("%s", (table) => {
  test("is refused to every login and request role, by grant", async () => {
    const { rows } = await admin.query(
      `select r.rolname, p.privilege from pg_roles r, unnest(array['UPDATE', 'DELETE', 'TRUNCATE']) p (privilege)
       where r.rolname like 'bulkhead\\_%' and r.rolname <> 'bulkhead_deploy' and has_table_privilege(r.rolname, $1, p.privilege)`,
      [table],
    );
    expect(rows).toEqual([]);
  });

  test.each(attempts(table))("grants alone refuse its owner: %s", async (statement) => {
    expect((await asOwner(statement, [`alter table ${table} disable trigger user`])).code).toBe("42501");
  });

  test.each(attempts(table))("triggers alone refuse: %s", async (statement) => {
    const { code } = await asOwner(statement, [
      `grant update, delete, truncate on ${table} to bulkhead_owner`,
      `alter table ${table} no force row level security`,
    ]);
    expect(code).toBe("ZA001");
  });

  test.each(attempts(table).slice(0, 2))("policies alone let no row be touched: %s", async (statement) => {
    const weaken = [
      `grant update, delete on ${table} to bulkhead_owner`,
      `alter table ${table} disable trigger user`,
    ];
    expect(await asOwner(statement, weaken)).toEqual({ code: null, rows: 0 });
    const open = [...weaken, `create policy open_update on ${table} using (true)`];
    expect((await asOwner(statement, open)).rows).toBeGreaterThan(0);
  });
});

test("a partition is as closed as the table", async () => {
  const { rows } = await admin.query(
    "select inhrelid::regclass::text as name from pg_inherits where inhparent in ('audit.events'::regclass, 'audit.chain'::regclass)",
  );
  expect(rows.length).toBeGreaterThan(20);
  for (const { name } of rows) {
    for (const statement of attempts(name)) expect((await asOwner(statement)).code).toBe("42501");
    expect((await asOwner(`truncate ${name}`, [`grant truncate on ${name} to bulkhead_owner`])).code).toBe(
      "ZA001",
    );
    const { rows: rights } = await admin.query(
      "select rolname from pg_roles where rolname like 'bulkhead\\_%' and rolname not in ('bulkhead_owner', 'bulkhead_deploy') and has_table_privilege(rolname, $1, 'select, insert, update, delete')",
      [name],
    );
    expect(rights).toEqual([]);
  }
});

test("months are made ahead, and made again when one is missing", async () => {
  const notary = database.pool("bulkhead_notary", { max: 1 });
  expect((await notary.query("select audit.ensure_partitions() as n")).rows[0].n).toBe(0);
  const { rows } = await admin.query(
    "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'audit.events'::regclass order by 1 desc limit 1",
  );
  await admin.query(`drop table ${rows[0].name}`);
  expect((await notary.query("select audit.ensure_partitions() as n")).rows[0].n).toBe(1);
  expect((await asOwner(`truncate ${rows[0].name}`)).code).toBe("42501");
});

describe("retention", () => {
  const janitor = database.pool("bulkhead_janitor", { max: 1 });
  const drop = async () =>
    (await janitor.query("select audit.drop_expired_partitions() as names")).rows[0].names as string[];
  const month = "2019_03";
  const floor = "audit.uuid_floor('2019-03-01Z')";

  test("drops a month only when the policy of every workspace in it says so, and each log says what it lost", async () => {
    const other = await createWorkspace(database, "Lighthouse");
    const { rows: bounds } = await admin.query(
      `select ${floor}::text as low, audit.uuid_floor('2019-04-01Z')::text as high`,
    );
    for (const parent of ["events", "chain"]) {
      await admin.query(
        `create table audit_parts.${parent}_${month} partition of audit.${parent} for values from ('${bounds[0].low}') to ('${bounds[0].high}')`,
      );
      await admin.query(`alter table audit_parts.${parent}_${month} owner to bulkhead_owner`);
    }
    const old = bounds[0].low.replace(/0$/, "7");
    for (const [index, who] of [owner, other].entries())
      await admin.query(
        "insert into audit.events (workspace_id, id, action) values ($1, $2, 'team.created')",
        [who.workspaceId, old.replace(/7$/, String(index + 1))],
      );

    // Seven years without a policy are over, but nothing is sealed yet.
    expect(await drop()).toEqual([]);
    await seal(database, key);
    await asMember(database, other.accessToken, (c) => c.query("select audit.set_retention(240)"));
    expect(await drop()).toEqual([]);
    await asMember(database, other.accessToken, (c) => c.query("select audit.set_retention(24)"));
    expect(await drop()).toEqual([`events_${month}`]);
    const { rows } = await admin.query(
      "select workspace_id, details from audit.events where action = 'audit.month_dropped' order by 1",
    );
    expect(rows.map((row) => row.workspace_id).sort()).toEqual([owner.workspaceId, other.workspaceId].sort());
    expect(rows[0].details).toMatchObject({ partition: `events_${month}`, events: 1 });
  });

  test("is set by whoever may manage the log, and the setting is an event", async () => {
    await expect(
      asMember(database, owner.accessToken, (c) => c.query("select audit.set_retention(1)")),
    ).rejects.toMatchObject({ code: "23514" });
    const { rows } = await admin.query(
      "select details from audit.events where action = 'audit.retention_set' order by id",
    );
    expect(rows.map((row) => row.details)).toEqual([
      { former: 84, months: 240 },
      { former: 240, months: 24 },
    ]);
  });
});
