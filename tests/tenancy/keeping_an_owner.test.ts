import type pg from "pg";
import { beforeEach, describe, expect, test } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { addMember, createWorkspace, signIn, type SignedIn } from "../helpers/people.ts";
import { admin, become, column, connect } from "../session/support.ts";
import { call, outcome } from "./support.ts";

const database = await createDatabase();
let owner: SignedIn;

beforeEach(async () => {
  owner = await createWorkspace(database, `Harbour ${Math.random()}`);
});

const activeOwners = async () =>
  (
    await column<number>(
      admin(database),
      "select count(*)::integer from tenancy.memberships where workspace_id = $1 and role_key = 'owner' and status = 'active'",
      [owner.workspaceId],
    )
  )[0];

test("the last owner cannot leave, be demoted, suspended or removed, by themselves or by an admin", async () => {
  const other = await addMember(database, owner, "admin");
  expect(await outcome(call(database, owner, "leave_workspace"))).toBe("ZT007");
  expect(await outcome(call(database, owner, "change_member_role", owner.membershipId, "admin"))).toBe(
    "ZT007",
  );
  expect(await outcome(call(database, owner, "suspend_member", owner.membershipId))).toBe("ZT007");
  expect(await outcome(call(database, owner, "remove_member", owner.membershipId))).toBe("ZT007");
  expect(await outcome(call(database, other, "remove_member", owner.membershipId))).toBe("ZT003");
  expect(await activeOwners()).toBe(1);
});

test("with a second owner the first may go, and then the second may not", async () => {
  const second = await addMember(database, owner, "owner");
  expect(await outcome(call(database, owner, "leave_workspace"))).toBe("done");
  expect(await outcome(call(database, second, "leave_workspace"))).toBe("ZT007");
});

test("a suspended owner is none: they do not free the other one to go", async () => {
  const second = await addMember(database, owner, "owner");
  await call(database, owner, "suspend_member", second.membershipId);
  expect(await outcome(call(database, owner, "leave_workspace"))).toBe("ZT007");
  await call(database, owner, "reactivate_member", second.membershipId);
  expect(await outcome(call(database, owner, "leave_workspace"))).toBe("done");
});

test.each([
  "delete from tenancy.memberships where workspace_id = session.workspace_id()",
  "update tenancy.memberships set status = 'suspended' where workspace_id = session.workspace_id()",
  "update tenancy.memberships set role_key = 'viewer' where workspace_id = session.workspace_id()",
])("a function that forgot to ask is stopped too, as a whole: %s", async (statement) => {
  await addMember(database, owner, "owner");
  await admin(database).query(`
    set role bulkhead_owner;
    create or replace function tenancy.forgetful() returns void language sql security definer
      set search_path to pg_catalog, pg_temp as $$ ${statement} $$;
    grant execute on function tenancy.forgetful() to bulkhead_member;
    reset role`);
  expect(await outcome(call(database, owner, "forgetful"))).toBe("ZT007");
  expect(await activeOwners()).toBe(2);
});

describe("two owners in two transactions at once", () => {
  let second: SignedIn;
  beforeEach(async () => {
    second = await addMember(database, owner, "owner");
  });

  async function together(
    acts: [who: SignedIn, sql: string, values: unknown[]][],
    begin = "begin",
  ): Promise<string[]> {
    const clients: pg.Client[] = [];
    try {
      for (const [who] of acts) {
        const client = await connect(database.url("bulkhead_api"));
        clients.push(client);
        await client.query(begin);
        await become(client, "bulkhead_member", who.accessToken);
        // A snapshot is taken, where the level keeps one.
        await client.query("select 1");
      }
      return await Promise.all(
        acts.map(([, sql, values], index) =>
          outcome(clients[index]!.query(sql, values).then(() => clients[index]!.query("commit"))),
        ),
      );
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
  }

  test("leave: one goes, one stays", async () => {
    const answers = await together([
      [owner, "select tenancy.leave_workspace()", []],
      [second, "select tenancy.leave_workspace()", []],
    ]);
    expect(answers.sort()).toEqual(["ZT007", "done"]);
    expect(await activeOwners()).toBe(1);
  });

  test.each(["suspend_member($1)", "remove_member($1)", "change_member_role($1, 'viewer')"])(
    "do %s to each other: an owner stays",
    async (act) => {
      const answers = await together([
        [owner, `select tenancy.${act}`, [second.membershipId]],
        [second, `select tenancy.${act}`, [owner.membershipId]],
      ]);
      expect(answers).toContain("done");
      expect(await activeOwners()).toBe(1);
    },
  );

  test.each(["repeatable read", "serializable"])("leave in %s: an owner stays", async (level) => {
    await together(
      [
        [owner, "select tenancy.leave_workspace()", []],
        [second, "select tenancy.leave_workspace()", []],
      ],
      `begin isolation level ${level}`,
    );
    expect(await activeOwners()).toBeGreaterThanOrEqual(1);
  });
});

test("an owner who went comes back by invitation only", async () => {
  const second = await addMember(database, owner, "owner");
  await call(database, owner, "leave_workspace");
  expect(await outcome(signIn(database, owner))).toBe("ZT011");
  await call(database, second, "invite_person", owner.email, "viewer");
  expect((await signIn(database, owner)).personId).toBe(owner.personId);
});
