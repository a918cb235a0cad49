import type pg from "pg";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { addMember, asMember, createWorkspace, type SignedIn } from "../helpers/people.ts";
import { admin, become, column, connect, refusal } from "./support.ts";

// The attacker has the API's own login and writes any SQL: what an injection gives, or a stolen password.
const database = await createDatabase();
let harbour: SignedIn;
let lighthouse: SignedIn;
let attacker: pg.Client;

beforeAll(async () => {
  harbour = await createWorkspace(database, "Harbour");
  lighthouse = await createWorkspace(database, "Lighthouse");
  for (const who of [harbour, lighthouse]) {
    await asMember(database, who.accessToken, (client) => client.query("select tenancy.create_team('Crew')"));
  }
});
beforeEach(async () => {
  attacker = await connect(database.url("bulkhead_api"));
});
afterEach(() => attacker.end());

const people = "select workspace_id from tenancy.people";
const workspaces = "select id from tenancy.workspaces";
const see = (sql: string) => column<string>(attacker, sql);

const refusalOf = (error: { code?: string }) => error.code;

/** Tries in a savepoint: a refusal counts as seeing nothing. */
async function tryToSee(sql: string): Promise<string[]> {
  await attacker.query("savepoint attempt");
  try {
    return await see(sql);
  } catch {
    await attacker.query("rollback to savepoint attempt");
    return [];
  }
}

describe("without a registered token (OPP-13, DSK-30, DSK-51)", () => {
  test("the API's own login reads no table of ours at all", async () => {
    for (const sql of [
      people,
      workspaces,
      "select 1 from session.tokens",
      "select 1 from audit.events",
      "select * from session.current",
    ]) {
      expect(await refusal(attacker.query(sql)), sql).toBe("42501");
    }
  });

  test("no setting made by hand opens anything", async () => {
    const id = lighthouse.workspaceId;
    const settings: [string, string][] = [
      ["session.token", id],
      ["session.token", lighthouse.personId],
      ["session.token", "%"],
      ["session.token", "' or true --"],
      ["session.token", "null"],
      ["session.workspace_id", id],
      ["session.person_id", lighthouse.personId],
      ["session.role", "owner"],
      ["app.workspace_id", id],
      ["app.current_tenant", id],
      ["jwt.claims.wid", id],
      ["jwt.claims.workspace_id", id],
      ["request.jwt.claims", JSON.stringify({ wid: id, role: "bulkhead_owner" })],
      ["bulkhead.workspace_id", id],
      ["search_path", "tenancy, session, pg_catalog"],
      ["search_path", "pg_temp, public, session"],
      ["row_security", "off"],
      ["row_security", "on"],
      ["application_name", "bulkhead-deploy"],
      ["plan_cache_mode", "force_custom_plan"],
      ["enable_indexscan", "off"],
      ["transform_null_equals", "on"],
      ["array_nulls", "off"],
      ["check_function_bodies", "off"],
      ["default_transaction_isolation", "serializable"],
      ["default_transaction_read_only", "on"],
    ];
    for (const [name, value] of settings) {
      await attacker.query("begin");
      await become(attacker, "bulkhead_member", "");
      await attacker
        .query("select set_config($1, $2, true)", [name, value])
        .catch(() => attacker.query("rollback; begin; set local role bulkhead_member"));
      expect(await tryToSee(people), `${name} = ${value}`).toEqual([]);
      expect(await tryToSee(workspaces), `${name} = ${value}`).toEqual([]);
      await attacker.query("rollback");
    }
  });

  test("every setting that the API's login may change, made as bad as it can be, opens nothing", async () => {
    const names = await column<string>(
      admin(database),
      "select name from pg_settings where context = 'user' and vartype = 'bool' order by name",
    );
    expect(names.length).toBeGreaterThan(40);
    for (const value of ["off", "on"]) {
      for (const name of names) {
        await attacker.query("begin; set local role bulkhead_member");
        await attacker.query("savepoint attempt");
        await attacker
          .query(`set local ${name} = ${value}`)
          .catch(() => attacker.query("rollback to savepoint attempt"));
        expect(await tryToSee(people), `${name} = ${value}`).toEqual([]);
        await attacker.query("rollback");
      }
    }
  });

  test("row_security = off raises an error; it never lifts the filter (ISOLATION S2)", async () => {
    await attacker.query("begin");
    await become(attacker, "bulkhead_member", harbour.accessToken);
    await attacker.query("set local row_security = off");
    expect(await refusal(attacker.query(people))).toBe("42501");
    await attacker.query("rollback");
  });

  test("session_replication_role, which would silence triggers and foreign keys, is not the attacker's to set", async () => {
    expect(await refusal(attacker.query("set session_replication_role = replica"))).toBe("42501");
    await attacker.query("begin; set local role bulkhead_member");
    expect(
      await refusal(attacker.query("select set_config('session_replication_role', 'replica', false)")),
    ).toBe("42501");
    await attacker.query("rollback");
  });

  test("anonymous, agent and recipient read nothing without a token of theirs", async () => {
    for (const role of ["bulkhead_anonymous", "bulkhead_agent", "bulkhead_recipient"]) {
      for (const token of ["", harbour.accessToken]) {
        await attacker.query("begin");
        await become(attacker, role, token);
        expect(await tryToSee(people), role).toEqual([]);
        expect(await tryToSee(workspaces), role).toEqual([]);
        await attacker.query("rollback");
      }
    }
  });
});

describe("changing the role (OPP-12)", () => {
  test("the API's login becomes its four request roles and nobody else", async () => {
    const roles = await column<string>(admin(database), "select rolname from pg_roles order by rolname");
    const reachable: string[] = [];
    for (const role of roles) {
      await attacker.query(`set role "${role}"`).then(
        () => reachable.push(role),
        () => {},
      );
      await attacker.query("reset role");
    }
    expect(reachable).toEqual([
      "bulkhead_agent",
      "bulkhead_anonymous",
      "bulkhead_api",
      "bulkhead_member",
      "bulkhead_recipient",
    ]);
  });

  test("a request role leads no further than the login itself", async () => {
    for (const role of [
      "bulkhead_owner",
      "bulkhead_keeper",
      "bulkhead_deploy",
      "postgres",
      "bulkhead_opener",
      "pg_read_all_data",
    ]) {
      await attacker.query("set role bulkhead_member");
      expect(await refusal(attacker.query(`set role ${role}`)), role).toBe("42501");
      expect(await refusal(attacker.query(`set session authorization ${role}`)), role).toBe("42501");
      await attacker.query("reset role");
    }
  });

  test("RESET ROLE inside a request gives the token to nobody: the login alone has no session", async () => {
    for (const leave of [
      "reset role",
      "set role none",
      "reset session authorization",
      "set session authorization default",
      "select set_config('role', 'none', true)",
    ]) {
      await attacker.query("begin");
      await become(attacker, "bulkhead_member", harbour.accessToken);
      expect(await see(workspaces)).toEqual([harbour.workspaceId]);
      await attacker.query(leave);
      expect(await tryToSee(workspaces), leave).toEqual([]);
      expect(await tryToSee("select session.workspace_id()"), leave).toEqual([]);
      await attacker.query("rollback");
    }
  });

  test("a service login becomes nobody and reads no table of ours", async () => {
    for (const login of [
      "bulkhead_identity",
      "bulkhead_opener",
      "bulkhead_mail_sync",
      "bulkhead_janitor",
      "bulkhead_crm",
      "bulkhead_ai",
      "bulkhead_billing",
      "bulkhead_notary",
      "bulkhead_mail_send",
      "bulkhead_auditor",
    ] as const) {
      await using client = await connect(database.url(login));
      await client.query("select set_config('session.token', $1, false)", [harbour.accessToken]);
      for (const sql of [
        people,
        workspaces,
        "select 1 from audit.events",
        "select 1 from session.tokens",
        "set role bulkhead_member",
        "set role bulkhead_owner",
      ]) {
        expect(await refusal(client.query(sql)), `${login}: ${sql}`).toBe("42501");
      }
    }
  });

  test("the owner itself sees no row without a session: FORCE binds it (OPP-06, OPP-12)", async () => {
    await using client = await connect(database.url("bulkhead_deploy"));
    for (const table of [
      "tenancy.people",
      "tenancy.workspaces",
      "tenancy.memberships",
      "mail.messages",
      "audit.events",
      "keyring.workspace_keys",
    ]) {
      await client.query("begin; set local role bulkhead_owner");
      expect(await column(client, `select count(*)::integer from ${table}`), table).toEqual([0]);
      await client.query("rollback");
    }
  });
});

describe("with one workspace's token, looking for another's rows (OPP-05, NUM-28)", () => {
  beforeEach(async () => {
    await attacker.query("begin");
    await become(attacker, "bulkhead_member", harbour.accessToken);
  });

  test("no condition, join, aggregate or side door shows one", async () => {
    const theirs = lighthouse.workspaceId;
    for (const sql of [
      `${people} where workspace_id = '${theirs}'`,
      `${people} where workspace_id = '${theirs}' or true`,
      `${people} union all ${people} where true`,
      `select p.workspace_id from tenancy.workspaces w right join tenancy.people p on true`,
      `select p.workspace_id from tenancy.people p tablesample bernoulli (100)`,
      `select id from tenancy.workspaces where name = 'Lighthouse'`,
      `with w as materialized (${workspaces}) select id from w`,
      `select (select max(workspace_id::text) from tenancy.people where workspace_id::text <> '${harbour.workspaceId}')`,
      `select workspace_id from tenancy.team_members`,
    ]) {
      expect(await see(sql), sql).not.toContain(theirs);
    }
    for (const table of [
      "tenancy.people",
      "tenancy.memberships",
      "tenancy.teams",
      "tenancy.invitations",
      "audit.events",
    ]) {
      const mine = await column<number>(
        admin(database),
        `select count(*)::integer from ${table} where workspace_id = $1`,
        [harbour.workspaceId],
      );
      expect(await see(`select count(*)::integer from ${table}`), table).toEqual(mine);
    }
  });

  test("a function of the attacker's own does not get to see rows before the policy does (ISOLATION P9)", async () => {
    // It would raise with what it sees. Creating it is refused to begin with: no schema, no temporary one either.
    for (const sql of [
      "create function tenancy.peek(text) returns boolean language plpgsql as $$ begin raise '%', $1; end $$",
      "create function public.peek(text) returns boolean language plpgsql cost 0.0001 as $$ begin raise '%', $1; end $$",
      "create function pg_temp.peek(text) returns boolean language plpgsql as $$ begin raise '%', $1; end $$",
    ]) {
      await attacker.query("savepoint attempt");
      expect(await refusal(attacker.query(sql)), sql).toBe("42501");
      await attacker.query("rollback to savepoint attempt");
    }
    // A built-in that raises on some values: the policy comes first, so nothing of the other workspace is ever converted.
    expect(
      await see(
        `select count(*)::integer from tenancy.workspaces where case when name = 'Lighthouse' then name::integer = 1 else true end`,
      ),
    ).toEqual([1]);
  });

  test("every write to a table is refused, with and without a condition (ISOLATION P4)", async () => {
    for (const sql of [
      "update tenancy.people set name = 'x'",
      "delete from tenancy.people",
      "delete from tenancy.memberships",
      "truncate tenancy.people cascade",
      "insert into tenancy.teams (workspace_id, name) values ('" + lighthouse.workspaceId + "', 'x')",
      "update tenancy.memberships set role_key = 'owner'",
      "update tenancy.role_permissions set role_key = 'owner'",
      "insert into tenancy.role_permissions values ('viewer', 'keys.rotate')",
      "select * from tenancy.people for update",
      "lock table tenancy.people",
      "alter table tenancy.people disable row level security",
      "alter table tenancy.people no force row level security",
      "drop policy select_member on tenancy.people",
      "create policy mine on tenancy.people using (true)",
      "grant all on tenancy.people to public",
      "create trigger t before insert on tenancy.people for each row execute function audit.row_changed()",
      "create rule r as on insert to tenancy.people do nothing",
      "create view public.v as select * from tenancy.people",
      "insert into audit.events (workspace_id, action) values ('" + harbour.workspaceId + "', 'a.b')",
      "copy (select 1) to program 'id'",
      "select pg_read_file('/etc/passwd')",
      "select * from pg_authid",
      "select lo_import('/etc/passwd')",
      "create role mallory",
      "alter role bulkhead_api superuser",
    ]) {
      await attacker.query("savepoint attempt");
      expect(await attacker.query(sql).then(() => "done", refusalOf), sql).toBe("42501");
      await attacker.query("rollback to savepoint attempt");
    }
  });

  test("a unique constraint tells nothing about another workspace: their names are free here (ISOLATION C1)", async () => {
    await attacker.query("select tenancy.create_team('Keepers of the light')");
    await attacker.query("commit");
    await asMember(database, lighthouse.accessToken, (client) =>
      client.query("select tenancy.create_team('Keepers of the light')"),
    );
  });
});

describe("one connection that serves many tenants (ISOLATION S1)", () => {
  test.each(["auto", "force_generic_plan", "force_custom_plan"])(
    "a statement prepared for one tenant shows another only their own rows (plan_cache_mode %s)",
    async (mode) => {
      await attacker.query(`set plan_cache_mode = ${mode}`);
      await attacker.query("begin");
      await become(attacker, "bulkhead_member", harbour.accessToken);
      await attacker.query(`prepare theirs as ${people}`);
      await attacker.query("prepare with_function as select id from tenancy.current_workspace()");
      await attacker.query("prepare context as select session.workspace_id()");
      await attacker.query("prepare permitted (text) as select session.workspace_with($1)");
      await attacker.query("commit");
      // More than five executions: from the sixth on Postgres may keep one plan for all.
      for (let round = 0; round < 16; round++) {
        const who = round % 2 === 0 ? harbour : lighthouse;
        await attacker.query("begin");
        await become(attacker, "bulkhead_member", who.accessToken);
        expect(new Set(await see("execute theirs"))).toEqual(new Set([who.workspaceId]));
        expect(await see("execute with_function")).toEqual([who.workspaceId]);
        expect(await see("execute context")).toEqual([who.workspaceId]);
        expect(await see("execute permitted ('people.read')")).toEqual([who.workspaceId]);
        await attacker.query("commit");
        await attacker.query("begin; set local role bulkhead_member");
        expect(await see("execute theirs")).toEqual([]);
        expect(await see("execute context")).toEqual([null]);
        await attacker.query("commit");
        expect(await refusal(attacker.query("execute theirs"))).toBe("42501");
      }
    },
  );

  test("a statement prepared under a role that may is refused to a role that may not", async () => {
    await attacker.query("begin");
    await become(attacker, "bulkhead_member", harbour.accessToken);
    await attacker.query(`prepare across as ${people}`);
    expect(await see("execute across")).toEqual([harbour.workspaceId]);
    await attacker.query("commit");
    for (const role of ["bulkhead_anonymous", "bulkhead_recipient"]) {
      await attacker.query("begin");
      await become(attacker, role, harbour.accessToken);
      expect(await refusal(attacker.query("execute across"))).toBe("42501");
      await attacker.query("rollback");
    }
  });

  test("200 alternating requests over a pool of two connections, with errors in between, never mix", async () => {
    const pool = database.pool("bulkhead_api", { max: 2 });
    const viewer = await addMember(database, harbour, "viewer");
    const callers = [harbour, lighthouse, viewer, null];
    const request = async (index: number) => {
      const who = callers[index % callers.length]!;
      const client = await pool.connect();
      try {
        await client.query("begin");
        await become(client, who ? "bulkhead_member" : "bulkhead_anonymous", who?.accessToken ?? "");
        if (index % 7 === 3) await client.query("select 1 / 0");
        if (index % 11 === 5) await client.query("select * from session.tokens");
        const { rows } = await client
          .query({ name: "page", text: "select workspace_id, id from tenancy.people" })
          .catch((error) => (who ? Promise.reject(error) : { rows: [] }));
        await client.query(index % 5 === 0 ? "rollback" : "commit");
        return { who, seen: rows.map((row) => row.workspace_id as string) };
      } catch (error) {
        await client.query("rollback");
        return { who, seen: (error as { code: string }).code };
      } finally {
        client.release();
      }
    };
    const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => request(index)));
    expect(pool.totalCount).toBeLessThanOrEqual(2);
    let served = 0;
    for (const { who, seen } of answers) {
      if (typeof seen === "string") {
        expect(["22012", "42501"]).toContain(seen);
      } else if (who) {
        served++;
        expect(new Set(seen)).toEqual(new Set([who.workspaceId]));
      } else {
        expect(seen).toEqual([]);
      }
    }
    expect(served).toBeGreaterThan(80);
  });

  test("after commit, rollback and an error alike the token is gone from the connection", async () => {
    for (const end of ["commit", "rollback", "select 1 / 0"]) {
      await attacker.query("begin");
      await become(attacker, "bulkhead_member", harbour.accessToken);
      await attacker.query(end).catch(() => attacker.query("rollback"));
      expect(await see("select current_setting('session.token', true)")).toEqual([""]);
      expect(await see("select current_user::text")).toEqual(["bulkhead_api"]);
    }
  });

  test("a token left on the connection by an attacker is overridden by the next request's own", async () => {
    await attacker.query("select set_config('session.token', $1, false)", [harbour.accessToken]);
    for (const [token, expected] of [
      [lighthouse.accessToken, [lighthouse.workspaceId]],
      ["", []],
    ] as const) {
      await attacker.query("begin");
      await become(attacker, "bulkhead_member", token);
      expect(await see(workspaces)).toEqual(expected);
      await attacker.query("commit");
    }
  });

  test("a held cursor keeps what its own session could read, and shows the next tenant's request nothing of theirs", async () => {
    await attacker.query("begin");
    await become(attacker, "bulkhead_member", harbour.accessToken);
    await attacker.query(`declare mine cursor with hold for ${people}`);
    await attacker.query(`declare open_ended cursor for ${people}`);
    await attacker.query("commit");
    await attacker.query("begin");
    await become(attacker, "bulkhead_member", lighthouse.accessToken);
    expect(await see("fetch all from mine")).not.toContain(lighthouse.workspaceId);
    expect(await refusal(attacker.query("fetch all from open_ended"))).toBe("34000");
    await attacker.query("rollback");
  });

  test("a temporary table, view or sequence is refused: no residue for the next tenant", async () => {
    for (const role of ["bulkhead_api", "bulkhead_member", "bulkhead_agent", "bulkhead_anonymous"]) {
      await attacker.query(`set role ${role}`);
      for (const sql of [
        "create temporary table t (x text)",
        "create temporary view v as select 1",
        "create temporary sequence s",
        "select 1 into temporary t",
        "create table public.t (x text)",
      ]) {
        expect(await refusal(attacker.query(sql)), `${role}: ${sql}`).toBe("42501");
      }
      await attacker.query("reset role");
    }
  });

  test("advisory locks and LISTEN are allowed and tell nothing of a tenant", async () => {
    const heard: string[] = [];
    attacker.on("notification", (message) => heard.push(message.payload ?? ""));
    const channels = await column<string>(
      admin(database),
      "select 'jobs:insert' union select 'worker:migrate'",
    );
    for (const channel of channels) await attacker.query(`listen "${channel}"`);
    await attacker.query("select pg_advisory_lock(1)");
    await asMember(database, lighthouse.accessToken, async (client) => {
      await client.query("select pg_advisory_xact_lock_shared(2)");
      const [inbox] = await column<string>(client, "select id from mail.create_inbox('Keepers')");
      await client.query("select mail.import_messages($1, 'a.b.c.d.e')", [inbox]);
    });
    await attacker.query("select 1");
    for (const payload of heard) {
      for (const secret of [lighthouse.workspaceId, lighthouse.personId, "a.b.c.d.e"])
        expect(payload).not.toContain(secret);
    }
  });
});

describe("a transaction that outlives its token", () => {
  const memberOf = () => addMember(database, harbour, "user");
  const expire = (who: SignedIn) =>
    admin(database).query(
      "update session.tokens set expires_at = clock_timestamp() where membership_id = $1",
      [who.membershipId],
    );

  test("sees nothing from the next statement on, whether the token expired or was revoked", async () => {
    for (const end of [
      expire,
      (who: SignedIn) =>
        asMember(database, harbour.accessToken, (client) =>
          client.query("select tenancy.end_member_sessions($1)", [who.membershipId]),
        ),
    ]) {
      const member = await memberOf();
      await attacker.query("begin");
      await become(attacker, "bulkhead_member", member.accessToken);
      expect(await see(workspaces)).toEqual([harbour.workspaceId]);
      await end(member);
      expect(await see(workspaces)).toEqual([]);
      expect(await refusal(attacker.query("select tenancy.leave_workspace()"))).toBe("ZS001");
      await attacker.query("rollback");
    }
  });

  test("strings no statements together, and loops over none: `do` and functions of one's own are refused", async () => {
    const member = await memberOf();
    for (const become_ of [async () => {}, () => become(attacker, "bulkhead_member", member.accessToken)]) {
      for (const sql of [
        "do $$ begin execute 'deallocate all'; end $$",
        "create function pg_temp.f() returns void language plpgsql as $$ begin end $$",
      ]) {
        await attacker.query("begin");
        await become_();
        expect(await refusal(attacker.query(sql)), sql).toBe("42501");
        await attacker.query("rollback");
      }
    }
  });

  test("an expired token is not carried on by one long `do` block, which is a single statement", async () => {
    const member = await memberOf();
    await admin(database).query(
      "update session.tokens set expires_at = clock_timestamp() + interval '0.4 seconds' where membership_id = $1",
      [member.membershipId],
    );
    // Which deploy has taken away: the session has to hold without that.
    await admin(database).query("grant usage on language plpgsql to bulkhead_member");
    await attacker.query("begin");
    await become(attacker, "bulkhead_member", member.accessToken);
    await attacker.query(`do $$
      declare v_seen integer;
      begin
        for round in 1 .. 40 loop
          select count(*) into v_seen from tenancy.workspaces;
          perform set_config('attack.seen', v_seen::text, true);
          perform pg_sleep(0.02);
        end loop;
      end $$`);
    expect(await see("select current_setting('attack.seen')")).toEqual(["0"]);
    await attacker.query("rollback");
    await admin(database).query("revoke usage on language plpgsql from bulkhead_member");
  });

  test.each(["repeatable read", "serializable"])(
    "a snapshot kept since before a revocation is no way around it: a session does not count in %s",
    async (level) => {
      const member = await memberOf();
      await attacker.query(`begin isolation level ${level}`);
      await become(attacker, "bulkhead_member", member.accessToken);
      expect(await see(workspaces)).toEqual([]);
      expect(await refusal(attacker.query("select tenancy.leave_workspace()"))).toBe("ZS001");
      await attacker.query("rollback");
    },
  );
});
