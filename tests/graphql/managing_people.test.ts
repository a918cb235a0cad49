import { beforeAll, describe, expect, it } from "vitest";
import { startTestApi } from "../helpers/api.ts";
import type { TestApi } from "../helpers/api.ts";
import { createDatabase } from "../helpers/database.ts";
import type { TestDatabase } from "../helpers/database.ts";
import { addMember, createWorkspace } from "../helpers/people.ts";
import type { SignedIn } from "../helpers/people.ts";
import { seedMessages } from "./support.ts";

let database: TestDatabase;
let api: TestApi;
let owner: SignedIn;
let admin: SignedIn;

beforeAll(async () => {
  database = await createDatabase();
  api = await startTestApi(database);
  owner = await createWorkspace(database, "Alpha");
  admin = await addMember(database, owner, "admin");
  await seedMessages(database, owner, 3);
});

const invite = (who: SignedIn, email: string, roleKey: string) =>
  api.ask(
    who.accessToken,
    "mutation($input: InvitePersonInput!) { invitePerson(input: $input) { invitation { rowId email role { key } invitedBy { rowId } acceptedAt } } }",
    { input: { email, roleKey } },
  );

const changeRole = (who: SignedIn, membershipId: string, roleKey: string) =>
  api.ask(
    who.accessToken,
    "mutation($input: ChangeMemberRoleInput!) { changeMemberRole(input: $input) { membership { rowId role { key level } } } }",
    { input: { membershipId, roleKey } },
  );

describe("inviting a person", () => {
  it("answers with the invitation, and lists it", async () => {
    const { data, errors } = await invite(admin, "new@example.com", "user");
    expect(errors).toEqual([]);
    expect(data.invitePerson.invitation).toMatchObject({
      email: "new@example.com",
      role: { key: "user" },
      invitedBy: { rowId: admin.personId },
      acceptedAt: null,
    });
    const listed = await api.ask(admin.accessToken, "{ invitations { nodes { rowId email } } }");
    expect(listed.data.invitations.nodes).toContainEqual({
      rowId: data.invitePerson.invitation.rowId,
      email: "new@example.com",
    });
  });

  it("is refused with a code", async () => {
    expect((await invite(admin, "above@example.com", "owner")).codes).toEqual(["ROLE_ABOVE_YOUR_OWN"]);
    expect((await invite(admin, "other@example.com", "emperor")).codes).toEqual(["ROLE_UNKNOWN"]);
    expect((await invite(admin, "no address", "user")).codes).toEqual(["EMAIL_INVALID"]);
    expect((await invite(admin, owner.email, "user")).codes).toEqual(["ALREADY_A_MEMBER"]);
    expect((await invite(admin, "NEW@example.com", "user")).codes).toEqual(["ALREADY_INVITED"]);
    const viewer = await addMember(database, owner, "viewer");
    expect((await invite(viewer, "third@example.com", "viewer")).codes).toEqual(["PERMISSION_DENIED"]);
    expect(
      (await api.ask(viewer.accessToken, "{ invitations { totalCount nodes { email } } }")).data,
    ).toEqual({
      invitations: { totalCount: 0, nodes: [] },
    });
  });

  it("needs each argument", async () => {
    expect(
      await api.ask(
        owner.accessToken,
        'mutation { invitePerson(input: { email: "x@example.com" }) { invitation { rowId } } }',
      ),
    ).toMatchObject({
      status: 400,
      codes: ["GRAPHQL_INVALID"],
    });
  });
});

describe("changing a member's role", () => {
  it("is in force for the next request of that member's open session", async () => {
    const member = await addMember(database, owner, "user");
    const messages = () =>
      api.ask(member.accessToken, "{ messages { totalCount } currentWorkspace { name } }");
    expect((await messages()).data).toEqual({
      messages: { totalCount: 3 },
      currentWorkspace: { name: "Alpha" },
    });
    expect(
      (await changeRole(owner, member.membershipId, "billing")).data.changeMemberRole.membership.role,
    ).toEqual({ key: "billing", level: 40 });
    expect((await messages()).data).toEqual({
      messages: { totalCount: 0 },
      currentWorkspace: { name: "Alpha" },
    });
    await changeRole(owner, member.membershipId, "viewer");
    expect((await messages()).data.messages).toEqual({ totalCount: 3 });
  });

  it("is refused above one's own level, and for the last owner", async () => {
    expect((await changeRole(admin, owner.membershipId, "user")).codes).toEqual(["ROLE_ABOVE_YOUR_OWN"]);
    expect((await changeRole(owner, owner.membershipId, "user")).codes).toEqual(["LAST_OWNER"]);
  });

  it("is in the audit log, as done by whoever did it", async () => {
    const member = await addMember(database, owner, "user");
    await changeRole(admin, member.membershipId, "viewer");
    const { data } = await api.ask(
      owner.accessToken,
      "{ auditEvents(first: 100) { nodes { action targetId personId } } }",
    );
    expect(data.auditEvents.nodes).toContainEqual({
      action: "membership.updated",
      targetId: member.membershipId,
      personId: admin.personId,
    });
  });
});

describe("removing a member", () => {
  it("ends their session at once", async () => {
    const member = await addMember(database, owner, "user");
    const removed = await api.ask(
      owner.accessToken,
      "mutation($id: UUID!) { removeMember(input: { membershipId: $id }) { membership { rowId } } }",
      {
        id: member.membershipId,
      },
    );
    expect(removed.errors).toEqual([]);
    expect((await api.ask(member.accessToken, "{ currentWorkspace { name } }")).status).toBe(401);
  });
});

describe("several mutations in one request", () => {
  it("run one after the other, each in a transaction of its own", async () => {
    const { data, codes } = await api.ask(
      owner.accessToken,
      'mutation { a: createTeam(input: { name: "One" }) { team { name } } b: createTeam(input: { name: "One" }) { team { name } } c: createTeam(input: { name: "Two" }) { team { name } } }',
    );
    expect(codes).toEqual(["TEAM_NAME_TAKEN"]);
    expect(data).toEqual({ a: { team: { name: "One" } }, b: null, c: { team: { name: "Two" } } });
    expect((await api.ask(owner.accessToken, "{ teams { totalCount } }")).data.teams.totalCount).toBe(2);
  });
});

describe("deleting the workspace", () => {
  const remove = (who: SignedIn, name: string) =>
    api.ask(
      who.accessToken,
      "mutation($input: DeleteWorkspaceInput!) { deleteWorkspace(input: $input) { workspaceDeletion { endedSignInCount endedConnectionCount pendingRevocationCount } } }",
      { input: { name } },
    );

  it("is refused with a code", async () => {
    const doomed = await createWorkspace(database, "Doomed");
    const doomedAdmin = await addMember(database, doomed, "admin");
    expect((await remove(doomedAdmin, "Doomed")).codes).toEqual(["PERMISSION_DENIED"]);
    expect((await remove(doomed, "doomed")).codes).toEqual(["WORKSPACE_NAME_MISMATCH"]);
    expect((await remove(doomed, "Alpha")).codes).toEqual(["WORKSPACE_NAME_MISMATCH"]);
  });

  it("answers what it has ended, though the session ends with it, and the next request is nobody's", async () => {
    const doomed = await createWorkspace(database, "Doomed again");
    const colleague = await addMember(database, doomed, "user");
    const { data, errors } = await remove(doomed, "Doomed again");
    expect(errors).toEqual([]);
    expect(data.deleteWorkspace.workspaceDeletion).toEqual({
      endedSignInCount: 2,
      endedConnectionCount: 0,
      pendingRevocationCount: 0,
    });
    for (const who of [doomed, colleague])
      expect((await api.ask(who.accessToken, "{ currentWorkspace { name } }")).codes).toEqual([
        "SESSION_REVOKED",
      ]);
    const others = await api.ask(owner.accessToken, "{ currentWorkspace { name } }");
    expect(others.data.currentWorkspace.name).toBe("Alpha");
  });
});
