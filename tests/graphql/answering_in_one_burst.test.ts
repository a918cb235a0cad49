import { beforeAll, describe, expect, it } from "vitest";
import { createPool } from "../../api/database/pool.ts";
import { beginTransaction, releaseClient, runInTransaction } from "../../api/database/transaction.ts";
import { createDatabase } from "../helpers/database.ts";
import type { TestDatabase } from "../helpers/database.ts";
import { createWorkspace } from "../helpers/people.ts";
import type { SignedIn } from "../helpers/people.ts";

let database: TestDatabase;
let owner: SignedIn;
let pool: ReturnType<typeof createPool>;

beforeAll(async () => {
  database = await createDatabase();
  owner = await createWorkspace(database, "Alpha");
  pool = createPool({ databaseUrl: database.url("bulkhead_api"), poolSize: 1, statementTimeout: 300 });
  return () => pool.end();
});

const settings = () => ({ role: "bulkhead_member", "session.token": owner.accessToken });
const people = { text: "select email from tenancy.people", name: "people" };

/** Runs on the pool's only connection. */
async function run(
  statement: { text: string; name?: string; values?: unknown[] },
  own: Record<string, string> = settings(),
  options: { admit?: boolean } = {},
) {
  const client = await pool.connect();
  try {
    return await runInTransaction(client, own, statement, options);
  } finally {
    releaseClient(client);
  }
}

/** What a connection that comes from the pool carries. */
async function residue() {
  const { rows } = await pool.query(
    "select current_user::text as who, current_setting('session.token', true) as token, pg_backend_pid() as pid, now() as at",
  );
  return rows[0];
}

describe("a statement in its transaction", () => {
  it("sees what its token may see, and leaves nothing on the connection", async () => {
    expect((await run(people)).rows).toEqual([{ email: owner.email }]);
    expect(await residue()).toMatchObject({ who: "bulkhead_api", token: "" });
  });

  it("ends by itself: statements and transactions have their time", async () => {
    const { rows } = await run({
      text: "select name, setting from pg_settings where name in ('statement_timeout', 'transaction_timeout', 'jit') order by name",
    });
    expect(rows).toEqual([
      { name: "jit", setting: "off" },
      { name: "statement_timeout", setting: "300" },
      { name: "transaction_timeout", setting: "5300" },
    ]);
  });

  it("is written to the connection in one piece, and prepared once", async () => {
    const client = await pool.connect();
    const { stream } = (
      client as unknown as { connection: { stream: { _writev: unknown; _write: unknown } } }
    ).connection;
    const writes: number[] = [];
    for (const method of ["_writev", "_write"] as const) {
      const write = stream[method] as (...args: unknown[]) => unknown;
      stream[method] = function (this: unknown, ...args: unknown[]) {
        writes.push(1);
        return write.apply(this, args);
      };
    }
    try {
      await runInTransaction(client, settings(), people);
      await runInTransaction(client, settings(), people);
      expect(writes).toHaveLength(2);
      const { rows } = await client.query(
        "select name, generic_plans + custom_plans as runs from pg_prepared_statements order by 1",
      );
      expect(rows.map(({ name }) => name)).toContain("people");
    } finally {
      releaseClient(client);
    }
  });

  it("fails with its own error and rolls back, and the connection goes on", async () => {
    const before = await residue();
    for (const [text, code] of [
      ["select 1/0", "22012"],
      ["select * from session.tokens", "42501"],
      ["selec", "42601"],
      ["select tenancy.create_team('')", "23514"],
      ["select pg_sleep(10)", "57014"],
    ] as const) {
      await expect(run({ text }), text).rejects.toMatchObject({ code });
      await expect(run({ text, name: `named ${code}` }), text).rejects.toMatchObject({ code });
      expect(await residue()).toMatchObject({ who: "bulkhead_api", token: "", pid: before.pid });
    }
    expect((await run(people)).rows).toHaveLength(1);
  });

  it("fails with the error of the settings where those are refused, and does not run without them", async () => {
    await expect(run(people, { role: "bulkhead_owner" })).rejects.toMatchObject({ code: "42501" });
    await expect(run(people, { role: "nobody" })).rejects.toMatchObject({ code: "22023" });
    expect((await run(people)).rows).toHaveLength(1);
  });

  it("keeps the token out of the text of every statement", async () => {
    const { rows } = await run({
      text: "select string_agg(statement, ' ') as statements from pg_prepared_statements",
    });
    expect(rows[0].statements).toContain("set_config('session.token', $2, true)");
    expect(rows[0].statements).not.toContain(owner.accessToken.slice(0, 20));
  });

  it("forgets prepared statements beyond the last 200", async () => {
    for (let n = 0; n < 230; n += 1) await run({ text: `select ${n}`, name: `number ${n}` });
    const { rows } = await run({
      text: "select count(*)::int as count from pg_prepared_statements where name like 'number %'",
    });
    expect(rows[0].count).toBeLessThanOrEqual(200);
    expect((await run({ text: "select 0", name: "number 0" })).rowCount).toBe(1);
  });
});

describe("settings that cannot be prepared", () => {
  it("refuse their statement, and are tried again for the next one", async () => {
    const admin = database.pool("postgres");
    await admin.query("alter function session.admit() rename to admit_elsewhere");
    const client = await pool.connect();
    const admitted = () => runInTransaction(client, settings(), people, { admit: true });
    try {
      await expect(admitted()).rejects.toMatchObject({ code: "26000" });
      await admin.query("alter function session.admit_elsewhere() rename to admit");
      expect((await admitted()).rows).toHaveLength(1);
    } finally {
      releaseClient(client);
    }
  });
});

describe("what goes wrong in a burst", () => {
  it("stays with its own statement, wherever it happens and whatever is sent behind it", async () => {
    const client = await pool.connect();
    const send = (text: string, values?: unknown[], name?: string) =>
      runInTransaction(client, settings(), {
        text,
        ...(values ? { values } : {}),
        ...(name ? { name } : {}),
      }).then(
        ({ rows }) => rows as unknown,
        ({ code, message }: { code?: string; message: string }) => code ?? message,
      );
    const unsendable = {
      toPostgres() {
        throw new Error("no such value");
      },
    };
    try {
      const sent = [
        send("select 1 as n"),
        send("select $1::uuid as n", ["no uuid"]),
        send("select $1::text as n", [unsendable]),
        send("select 2 as n", undefined, "two"),
        send("select n from generate_series(3, -3, -1) n where 1 / n > -9"),
        send(""),
        send("select 1; select current_setting('session.token')"),
        send("copy (select 1) to stdout"),
        send(
          "select set_config('role', 'none', true) as role, set_config('session.token', '', true) as token",
        ),
        send("select (select count(*)::int from tenancy.people) as n"),
        send("drop table if exists nothing_of_that_name"),
        send("select 4 as n", undefined, "two and two"),
      ];
      expect(await Promise.all(sent)).toEqual([
        [{ n: 1 }],
        "22P02",
        "no such value",
        [{ n: 2 }],
        "22012",
        [],
        "42601",
        [],
        [{ role: "none", token: "" }],
        [{ n: 1 }],
        [],
        [{ n: 4 }],
      ]);
    } finally {
      releaseClient(client);
    }
    expect(await residue()).toMatchObject({ who: "bulkhead_api", token: "" });
  });

  it("is the statement's error where only the end of its transaction refuses it", async () => {
    const admin = database.pool("postgres");
    await admin.query(`
      create function public.refuse_late() returns trigger language plpgsql as $$ begin raise exception 'too late'; end $$;
      create constraint trigger refuse_late after insert on tenancy.teams deferrable initially deferred
        for each row execute function public.refuse_late();`);
    try {
      await expect(run({ text: "select tenancy.create_team('Late')" })).rejects.toMatchObject({
        code: "P0001",
      });
      expect((await run(people)).rows).toHaveLength(1);
      expect((await admin.query("select from tenancy.teams")).rows).toEqual([]);
    } finally {
      await admin.query("drop trigger refuse_late on tenancy.teams; drop function public.refuse_late()");
    }
  });
});

describe("a connection that was left with settings or statements of somebody else's", () => {
  it("fails the next request, which reads nothing, and is closed", async () => {
    for (const [poison, code] of [
      ["select set_config('role', 'bulkhead_member', false)", "42501"],
      ["deallocate all", "26000"],
      ["prepare later as select 'another' as email", "42P05"],
    ] as const) {
      expect((await run({ text: "select 1" }, settings(), { admit: true })).rows).toHaveLength(1);
      const { pid } = await residue();
      await run({ text: poison });
      const later = { ...people, name: "later" };
      await expect(run(later, settings(), { admit: true }), poison).rejects.toMatchObject({ code });
      expect((await residue()).pid).not.toBe(pid);
      expect((await run(people)).rows).toEqual([{ email: owner.email }]);
    }
  });
});

describe("a connection that is still in a transaction", () => {
  it("is closed instead of going back to the pool", async () => {
    const { pid } = await residue();
    const client = await pool.connect();
    await beginTransaction(client, settings());
    releaseClient(client);
    const after = await residue();
    expect(after).toMatchObject({ who: "bulkhead_api" });
    expect(after.pid).not.toBe(pid);
  });
});
