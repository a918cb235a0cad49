import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { addMember, asMember, createWorkspace, signIn, type SignedIn } from "../helpers/people.ts";
import { admin, authenticate, column } from "../session/support.ts";
import { call, countEvents, events, outcome } from "./support.ts";

const database = await createDatabase();
let owner: SignedIn;
let lighthouse: SignedIn;
let viewer: SignedIn;
let member: SignedIn;

beforeAll(async () => {
  owner = await createWorkspace(database, "Harbour");
  lighthouse = await createWorkspace(database, "Lighthouse");
  viewer = await addMember(database, owner, "viewer");
});
beforeEach(async () => {
  member = await addMember(database, owner, "user");
});

const standing = async (who: SignedIn) =>
  (
    await admin(database).query("select role_key, status from tenancy.memberships where id = $1", [
      who.membershipId,
    ])
  ).rows[0];
const acts: [name: string, ...values: unknown[]][] = [
  ["change_member_role", "operator"],
  ["suspend_member"],
  ["reactivate_member"],
  ["remove_member"],
  ["end_member_sessions"],
];

describe("allowed", () => {
  test("an owner changes a role", async () => {
    expect(await call(database, owner, "change_member_role", member.membershipId, "operator")).toMatchObject({
      id: member.membershipId,
      role_key: "operator",
    });
    expect(await standing(member)).toEqual({ role_key: "operator", status: "active" });
  });

  test("an owner suspends and reactivates; what was open stays closed, and the member signs in anew", async () => {
    expect(await call(database, owner, "suspend_member", member.membershipId)).toMatchObject({
      status: "suspended",
    });
    expect(await outcome(signIn(database, member))).toBe("ZT012");
    expect(await call(database, owner, "reactivate_member", member.membershipId)).toMatchObject({
      status: "active",
    });
    expect((await authenticate(database, member.accessToken)).reason).toBe("SESSION_REVOKED");
    const again = await signIn(database, member);
    expect((await authenticate(database, again.accessToken)).reason).toBeNull();
  });

  test("an owner removes a member, with their place in teams", async () => {
    const { id: teamId } = await call<{ id: string }>(
      database,
      owner,
      "create_team",
      `Crew ${Math.random()}`,
    );
    await call(database, owner, "add_team_member", teamId, member.membershipId);
    expect(await call(database, owner, "remove_member", member.membershipId)).toMatchObject({
      id: member.membershipId,
    });
    expect(await standing(member)).toBeUndefined();
    expect(
      await column(admin(database), "select id from tenancy.team_members where team_id = $1", [teamId]),
    ).toEqual([]);
  });

  test("an owner signs a member out of every device at once", async () => {
    const other = await signIn(database, member);
    expect(await call(database, owner, "end_member_sessions", member.membershipId)).toEqual({
      end_member_sessions: 2,
    });
    for (const token of [member.accessToken, other.accessToken]) {
      expect((await authenticate(database, token)).reason).toBe("SESSION_REVOKED");
    }
    expect(await call(database, owner, "end_member_sessions", member.membershipId)).toEqual({
      end_member_sessions: 0,
    });
  });

  test("anybody leaves, however modest their role", async () => {
    const learner = await addMember(database, owner, "learner");
    expect(await call(database, learner, "leave_workspace")).toMatchObject({ id: learner.membershipId });
    expect(await standing(learner)).toBeUndefined();
  });
});

describe("denied", () => {
  test.each(acts)("%s without the permission changes and records nothing", async (name, ...values) => {
    const before = await countEvents(database, owner);
    expect(await outcome(call(database, viewer, name, member.membershipId, ...values))).toBe("ZT001");
    expect(await standing(member)).toEqual({ role_key: "user", status: "active" });
    expect(await countEvents(database, owner)).toBe(before);
  });

  test.each(acts)(
    "%s on a member of another workspace: there is no such member (NUM-25)",
    async (name, ...values) => {
      const before = await countEvents(database, lighthouse);
      expect(await outcome(call(database, owner, name, lighthouse.membershipId, ...values))).toBe("ZT006");
      expect(await outcome(call(database, owner, name, null, ...values))).toBe("ZT006");
      expect(await standing(lighthouse)).toEqual({ role_key: "owner", status: "active" });
      expect(await countEvents(database, lighthouse)).toBe(before);
      expect((await authenticate(database, lighthouse.accessToken)).reason).toBeNull();
    },
  );

  test.each(acts)("%s without a session, or as anything but a member", async (name, ...values) => {
    const slots = [member.membershipId, ...values].map((_, index) => `$${index + 1}`).join(", ");
    const run = (token: string, role?: string) =>
      outcome(
        asMember(
          database,
          token,
          (client) => client.query(`select tenancy.${name}(${slots})`, [member.membershipId, ...values]),
          role,
        ),
      );
    expect(await run("")).toBe("ZS001");
    for (const role of ["bulkhead_anonymous", "bulkhead_agent", "bulkhead_recipient", "none"]) {
      expect(await run(owner.accessToken, role), role).toBe("42501");
    }
  });
});

describe("audited (NUM-37, NUM-38, OPP-53)", () => {
  test.each([
    ["change_member_role", "membership.updated", ["role_key"]],
    ["suspend_member", "membership.updated", ["status"]],
    ["remove_member", "membership.deleted", null],
  ] as const)("%s is recorded as %s: by whom and which column, no value", async (name, action, columns) => {
    await call(
      database,
      owner,
      name,
      member.membershipId,
      ...(name === "change_member_role" ? ["operator"] : []),
    );
    const found = (await events(database, owner, action)).filter(
      (event) => event.row_id === member.membershipId,
    );
    expect(found).toEqual([
      { row_id: member.membershipId, changed_columns: columns, person_id: owner.personId },
    ]);
  });

  test("the end of each session is recorded, for the person whose it was", async () => {
    await call(database, owner, "end_member_sessions", member.membershipId);
    const found = (await events(database, owner, "session.ended")).filter(
      (event) => event.person_id === member.personId,
    );
    expect(found).toHaveLength(1);
  });

  test("who leaves is recorded as the one who did it, though the act ended their session", async () => {
    await call(database, member, "leave_workspace");
    const found = (await events(database, owner, "membership.deleted")).filter(
      (event) => event.row_id === member.membershipId,
    );
    expect(found).toMatchObject([{ person_id: member.personId }]);
  });
});

describe("the person who is signed in", () => {
  test("sees themselves, even with a role that may not see the people", async () => {
    const learner = await addMember(database, owner, "learner");
    expect(await call(database, learner, "current_person")).toMatchObject({
      id: learner.personId,
      email: learner.email,
    });
    expect(await call(database, learner, "current_workspace")).toMatchObject({
      id: owner.workspaceId,
      name: "Harbour",
    });
    const people = await asMember(database, learner.accessToken, (client) =>
      column(client, "select id from tenancy.people"),
    );
    expect(people).toEqual([]);
  });

  test("is nobody without a session", async () => {
    for (const name of ["current_person", "current_workspace"]) {
      const { rows } = await asMember(database, "", (client) =>
        client.query(`select id from tenancy.${name}()`),
      );
      expect(rows).toEqual([{ id: null }]);
    }
  });
});
