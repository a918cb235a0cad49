import type pg from "pg";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { addMember, asMember, createWorkspace, type SignedIn } from "../helpers/people.ts";
import { become, column, connect } from "../session/support.ts";
import { call, outcome } from "./support.ts";

// HLP-41, NUM-54: what an admin changes is in force for the very next statement of every open session.
const database = await createDatabase();
let owner: SignedIn;
let member: SignedIn;
/** A transaction of the member, open since before the change. */
let open: pg.Client;

beforeAll(async () => {
  owner = await createWorkspace(database, "Harbour");
});
beforeEach(async () => {
  member = await addMember(database, owner, "manager");
  open = await connect(database.url("bulkhead_api"));
  await open.query("begin");
  await become(open, "bulkhead_member", member.accessToken);
  expect(await seen()).toBeGreaterThan(0);
});
afterEach(() => open.end());

const seen = async (table = "tenancy.people") =>
  (await column<number>(open, `select count(*)::integer from ${table}`))[0]!;
const tryTo = async (sql: string) => {
  await open.query("savepoint attempt");
  const answer = await outcome(open.query(sql));
  await open.query("rollback to savepoint attempt");
  return answer;
};

describe("in a transaction that was open before (HLP-41)", () => {
  test("a lower role loses its rights with the next statement, and a higher one gets them", async () => {
    expect(await tryTo("select tenancy.create_team('Crew')")).toBe("done");
    expect(await seen("audit.events")).toBe(0);
    await call(database, owner, "change_member_role", member.membershipId, "learner");
    expect(await seen()).toBe(0);
    expect(await tryTo("select tenancy.create_team('Crew')")).toBe("ZT001");
    expect(await seen("tenancy.workspaces")).toBe(1);
    await call(database, owner, "change_member_role", member.membershipId, "admin");
    expect(await seen()).toBeGreaterThan(0);
    expect(await seen("audit.events")).toBeGreaterThan(0);
  });

  test("a suspended member sees and does nothing", async () => {
    await call(database, owner, "suspend_member", member.membershipId);
    for (const table of ["tenancy.people", "tenancy.workspaces", "tenancy.roles"])
      expect(await seen(table), table).toBe(0);
    expect(await tryTo("select tenancy.create_team('Crew')")).toBe("ZS001");
    expect(await tryTo("select tenancy.leave_workspace()")).toBe("ZS001");
    expect(await column(open, "select session.workspace_id()")).toEqual([null]);
  });

  test("a removed member sees and does nothing", async () => {
    await call(database, owner, "remove_member", member.membershipId);
    expect(await seen("tenancy.workspaces")).toBe(0);
    expect(await tryTo("select tenancy.create_team('Crew')")).toBe("ZS001");
  });

  test("a member who was signed out sees and does nothing", async () => {
    expect(await call(database, owner, "end_member_sessions", member.membershipId)).toEqual({
      end_member_sessions: 1,
    });
    expect(await seen("tenancy.workspaces")).toBe(0);
    expect(await tryTo("select tenancy.create_team('Crew')")).toBe("ZS001");
  });

  test("a member who leaves is gone for their own next statement", async () => {
    expect(await outcome(open.query("select tenancy.leave_workspace()"))).toBe("done");
    expect(await seen("tenancy.workspaces")).toBe(0);
    expect(await tryTo("select tenancy.leave_workspace()")).toBe("ZS001");
  });

  test("a change that is rolled back was none", async () => {
    await outcome(
      asMember(database, owner.accessToken, async (client) => {
        await client.query("select tenancy.suspend_member($1)", [member.membershipId]);
        await client.query("select 1 / 0");
      }),
    );
    expect(await seen()).toBeGreaterThan(0);
  });
});

test("a statement prepared while the member might is refused its rows when they may no longer", async () => {
  await open.query("prepare page as select count(*)::integer from tenancy.people");
  for (let round = 0; round < 7; round++)
    expect((await column<number>(open, "execute page"))[0]).toBeGreaterThan(0);
  await call(database, owner, "change_member_role", member.membershipId, "learner");
  expect(await column(open, "execute page")).toEqual([0]);
});

test("only the member concerned is touched", async () => {
  const other = await addMember(database, owner, "user");
  await call(database, owner, "suspend_member", member.membershipId);
  const sql = "select id from tenancy.workspaces";
  expect(await asMember(database, other.accessToken, (client) => column(client, sql))).toEqual([
    owner.workspaceId,
  ]);
});
