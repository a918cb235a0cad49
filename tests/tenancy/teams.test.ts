import { randomUUID } from "node:crypto";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { addMember, asMember, createWorkspace, type SignedIn } from "../helpers/people.ts";
import { column } from "../session/support.ts";
import { call, countEvents, events, outcome } from "./support.ts";

const database = await createDatabase();
let owner: SignedIn;
let manager: SignedIn;
let viewer: SignedIn;
let learner: SignedIn;
let lighthouse: SignedIn;
let team: { id: string; name: string };

beforeAll(async () => {
  owner = await createWorkspace(database, "Harbour");
  lighthouse = await createWorkspace(database, "Lighthouse");
  manager = await addMember(database, owner, "manager");
  viewer = await addMember(database, owner, "viewer");
  learner = await addMember(database, owner, "learner");
});
beforeEach(async () => {
  team = await call(database, manager, "create_team", `Crew ${randomUUID()}`);
});

const members = (who: SignedIn) =>
  asMember(database, who.accessToken, (client) =>
    column<string>(client, "select membership_id from tenancy.team_members where team_id = $1", [team.id]),
  );

describe("allowed", () => {
  test("a manager makes a team, fills it, empties it and deletes it (DSK-37)", async () => {
    await call(database, manager, "add_team_member", team.id, viewer.membershipId);
    expect(await members(viewer)).toEqual([viewer.membershipId]);
    expect(await call(database, manager, "remove_team_member", team.id, viewer.membershipId)).toEqual({
      remove_team_member: true,
    });
    expect(await call(database, manager, "remove_team_member", team.id, viewer.membershipId)).toEqual({
      remove_team_member: false,
    });
    expect(await call(database, manager, "delete_team", team.id)).toMatchObject({
      id: team.id,
      name: team.name,
    });
  });

  test("adding a member again changes nothing and answers with the place they have", async () => {
    const first = await call<{ id: string }>(
      database,
      manager,
      "add_team_member",
      team.id,
      viewer.membershipId,
    );
    const again = await call<{ id: string }>(
      database,
      manager,
      "add_team_member",
      team.id,
      viewer.membershipId,
    );
    expect(again).toEqual(first);
    expect(
      (await events(database, owner, "team_member.created")).filter((event) => event.row_id === first.id),
    ).toHaveLength(1);
  });

  test("deleting a team leaves its members in the workspace", async () => {
    await call(database, manager, "add_team_member", team.id, viewer.membershipId);
    await call(database, manager, "delete_team", team.id);
    expect(await members(manager)).toEqual([]);
    expect(await call(database, viewer, "current_workspace")).toMatchObject({ id: owner.workspaceId });
  });
});

describe("denied", () => {
  const acts = (): [string, ...unknown[]][] => [
    ["create_team", "Stowaways"],
    ["add_team_member", team.id, viewer.membershipId],
    ["remove_team_member", team.id, viewer.membershipId],
    ["delete_team", team.id],
  ];

  test("without the permission nothing changes and nothing is recorded", async () => {
    const before = await countEvents(database, owner);
    for (const [name, ...values] of acts())
      expect(await outcome(call(database, viewer, name, ...values)), name).toBe("ZT001");
    expect(await countEvents(database, owner)).toBe(before);
  });

  test("a learner does not even see that there are teams (DSK-39)", async () => {
    const seen = await asMember(database, learner.accessToken, (client) =>
      column(client, "select id from tenancy.teams"),
    );
    expect(seen).toEqual([]);
  });

  test("without a session nothing is done", async () => {
    for (const [name, ...values] of acts()) {
      expect(await outcome(call(database, { ...owner, accessToken: "" }, name, ...values)), name).toBe(
        "ZS001",
      );
    }
  });

  test("another workspace's team and members do not exist here (NUM-29)", async () => {
    const theirs = await call<{ id: string }>(database, lighthouse, "create_team", `Keepers ${randomUUID()}`);
    expect(await outcome(call(database, manager, "delete_team", theirs.id))).toBe("ZT008");
    expect(await outcome(call(database, manager, "add_team_member", theirs.id, viewer.membershipId))).toBe(
      "ZT008",
    );
    expect(await outcome(call(database, manager, "add_team_member", team.id, lighthouse.membershipId))).toBe(
      "ZT006",
    );
    expect(await call(database, manager, "remove_team_member", theirs.id, lighthouse.membershipId)).toEqual({
      remove_team_member: false,
    });
    expect(await outcome(call(database, lighthouse, "delete_team", theirs.id))).toBe("done");
  });

  test("a name is taken once in a workspace, and free in another", async () => {
    expect(await outcome(call(database, manager, "create_team", team.name))).toBe("team_name_unique");
    expect(await outcome(call(database, lighthouse, "create_team", team.name))).toBe("done");
  });

  test("a name is neither empty nor endless", async () => {
    for (const name of ["", "x".repeat(101)])
      expect(await outcome(call(database, manager, "create_team", name))).toBe("team_name_length");
  });
});

test("making, filling, emptying and deleting a team is recorded, by whom (OPP-53)", async () => {
  const place = await call<{ id: string }>(
    database,
    manager,
    "add_team_member",
    team.id,
    viewer.membershipId,
  );
  await call(database, manager, "remove_team_member", team.id, viewer.membershipId);
  await call(database, manager, "delete_team", team.id);
  for (const [action, rowId] of [
    ["team.created", team.id],
    ["team_member.created", place.id],
    ["team_member.deleted", place.id],
    ["team.deleted", team.id],
  ] as const) {
    const found = (await events(database, owner, action)).filter((event) => event.row_id === rowId);
    expect(found, action).toEqual([{ row_id: rowId, changed_columns: null, person_id: manager.personId }]);
  }
});
