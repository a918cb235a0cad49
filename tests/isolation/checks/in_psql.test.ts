import { beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../../helpers/database.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
  // Something to find.
  await database.pool("postgres").query("alter table mail.inboxes no force row level security");
});

describe("the static checks in psql, as the auditor", () => {
  test("say with every fact computed once what each check says by itself", async () => {
    const auditor = database.pool("bulkhead_auditor");
    const { rows: once } = await auditor.query("select * from isolation.findings()");
    const { rows: each } = await auditor.query("select * from isolation.all_findings(isolation.config())");
    expect(once).toEqual(each);
    expect(once.map((row) => `${row.check_id} ${row.object}`)).toContain("T1 mail.inboxes");
    expect((await auditor.query("select check_id from isolation.check_t1(isolation.config())")).rows).toEqual(
      once.filter((row) => row.check_id === "T1").map(({ check_id }) => ({ check_id })),
    );
  });

  test("are one statement without a call of a check or a fact in it", async () => {
    const { rows } = await database
      .pool("bulkhead_auditor")
      .query("select isolation.compiled('all_findings') as text");
    const text = rows[0].text as string;
    expect(text.match(/isolation_relation_facts as materialized/g)).toHaveLength(1);
    expect(text.match(/isolation_check_\w+ as materialized/g)!.length).toBeGreaterThan(35);
    expect(text).not.toMatch(/isolation\.\w+(_facts|check_\w+)\(/);
  });

  test("write nothing: a read-only transaction will do, and so a standby", async () => {
    const client = await database.pool("bulkhead_auditor").connect();
    await client.query("begin transaction isolation level repeatable read, read only");
    const { rows } = await client.query("select check_id from isolation.findings()");
    expect(rows.length).toBeGreaterThan(0);
    await client.query("commit");
    client.release();
  });
});
