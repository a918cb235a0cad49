import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { addMember, asMember, createWorkspace, signIn, type SignedIn } from "../helpers/people.ts";
import { admin, column } from "../session/support.ts";
import { call, countEvents, events, outcome } from "./support.ts";

const database = await createDatabase();
let owner: SignedIn;
let viewer: SignedIn;

beforeAll(async () => {
  owner = await createWorkspace(database, "Harbour");
  viewer = await addMember(database, owner, "viewer");
});

const visible = (who: SignedIn, table = "tenancy.workspaces", key = "id") =>
  asMember(database, who.accessToken, (client) =>
    column<string>(client, `select distinct ${key} from ${table}`),
  );

describe("a workspace's settings", () => {
  test("its owner renames it; that is recorded", async () => {
    expect(await call(database, owner, "update_workspace", "Old Harbour")).toMatchObject({
      name: "Old Harbour",
    });
    expect(await events(database, owner, "workspace.updated")).toEqual([
      { row_id: owner.workspaceId, changed_columns: ["name"], person_id: owner.personId },
    ]);
    expect(await outcome(call(database, owner, "update_workspace", ""))).toBe("workspace_name_length");
  });

  test("its owner sets the session policy, within bounds (NUM-56)", async () => {
    expect(await call(database, owner, "set_session_policy", 60, 15, false)).toMatchObject({
      id: owner.workspaceId,
    });
    const sql =
      "select maximum_age::text || ' ' || idle_timeout::text from session.workspace_policies where workspace_id = $1";
    expect(await column(admin(database), sql, [owner.workspaceId])).toEqual(["01:00:00 00:15:00"]);
    for (const [age, idle, constraint] of [
      [4, 15, "session_policy_maximum_age_range"],
      [43_201, 15, "session_policy_maximum_age_range"],
      [60, 0, "session_policy_idle_timeout_range"],
      [60, -5, "session_policy_idle_timeout_range"],
      [60, 43_201, "session_policy_idle_timeout_range"],
    ] as const) {
      expect(await outcome(call(database, owner, "set_session_policy", age, idle, false))).toBe(constraint);
    }
  });

  test("setting the session policy is recorded", async () => {
    await call(database, owner, "set_session_policy", 120, 15, false);
    expect((await events(database, owner, "session_policy.updated")).at(-1)).toEqual({
      row_id: null,
      changed_columns: ["maximum_age"],
      person_id: owner.personId,
    });
  });

  test("who may not changes and records nothing", async () => {
    const before = await countEvents(database, owner);
    expect(await outcome(call(database, viewer, "update_workspace", "Mine"))).toBe("ZT001");
    expect(await outcome(call(database, viewer, "set_session_policy", 60, 15, false))).toBe("ZT001");
    expect(await outcome(call(database, { ...owner, accessToken: "" }, "update_workspace", "Mine"))).toBe(
      "ZS001",
    );
    expect(await countEvents(database, owner)).toBe(before);
  });

  test("no member makes a workspace: only the identity service does", async () => {
    const sql = "select tenancy.provision_workspace('Mine', 'a@b.example')";
    expect(await outcome(asMember(database, owner.accessToken, (client) => client.query(sql)))).toBe("42501");
  });
});

describe("a person in two workspaces", () => {
  let here: SignedIn;
  let there: SignedIn;
  let lighthouse: SignedIn;

  beforeAll(async () => {
    lighthouse = await createWorkspace(database, "Lighthouse");
    here = await addMember(database, owner, "admin");
    await call(database, lighthouse, "invite_person", here.email, "viewer");
    there = await signIn(database, { ...here, organizationId: lighthouse.organizationId });
  });

  test("is the same person with two memberships, each with its own role", async () => {
    expect(there.personId).toBe(here.personId);
    expect(there.membershipId).not.toBe(here.membershipId);
    expect(await outcome(call(database, here, "create_team", randomUUID()))).toBe("done");
    expect(await outcome(call(database, there, "create_team", randomUUID()))).toBe("ZT001");
  });

  test("sees with each session the workspace that it is for, and never both (NUM-25)", async () => {
    expect(await visible(here)).toEqual([owner.workspaceId]);
    expect(await visible(there)).toEqual([lighthouse.workspaceId]);
    expect(await visible(here, "tenancy.people", "workspace_id")).toEqual([owner.workspaceId]);
    expect(await visible(there, "tenancy.people", "workspace_id")).toEqual([lighthouse.workspaceId]);
  });

  test("reaches nothing of the one with the other's session, own rows included", async () => {
    expect(await outcome(call(database, here, "remove_member", there.membershipId))).toBe("ZT006");
    expect(await outcome(call(database, here, "end_member_sessions", lighthouse.membershipId))).toBe("ZT006");
  });

  test("signed out, suspended or removed in the one stays in the other", async () => {
    await call(database, lighthouse, "end_member_sessions", there.membershipId);
    expect(await visible(there)).toEqual([]);
    expect(await visible(here)).toEqual([owner.workspaceId]);
    there = await signIn(database, { ...here, organizationId: lighthouse.organizationId });
    await call(database, lighthouse, "suspend_member", there.membershipId);
    expect(await visible(here)).toEqual([owner.workspaceId]);
    await call(database, lighthouse, "remove_member", there.membershipId);
    expect(await visible(here)).toEqual([owner.workspaceId]);
    expect(await visible(there)).toEqual([]);
  });

  test("is renamed in the workspace that they sign in to, and not in the other", async () => {
    const before = await call(database, here, "current_person");
    await call(database, lighthouse, "invite_person", here.email, "viewer");
    const renamed = { ...here, email: `new-${here.email}`, organizationId: lighthouse.organizationId };
    expect(await outcome(signIn(database, renamed))).toBe("ZT011");
    expect(await call(database, here, "current_person")).toEqual(before);
  });
});

describe("an agency and its client (NUM-25, NUM-29, NUM-30, NUM-31)", () => {
  let agency: SignedIn;
  let client: SignedIn;
  let sibling: SignedIn;

  beforeAll(async () => {
    agency = await createWorkspace(database, "Agency");
    const identity = database.pool("bulkhead_identity", { max: 1 });
    const child = async (name: string) => {
      const organizationId = `org_${randomUUID()}`;
      const email = `owner@${name}.example.com`;
      await identity.query("select tenancy.provision_workspace($1, $2, $3, null, $4)", [
        name,
        email,
        organizationId,
        agency.workspaceId,
      ]);
      return signIn(database, { email, organizationId, subject: `user_${randomUUID()}` });
    };
    client = await child("client");
    sibling = await child("sibling");
    for (const who of [agency, client, sibling]) await call(database, who, "create_team", "Crew");
  });

  test("the parent sees nothing of the child, the child nothing of the parent, and siblings nothing of each other", async () => {
    for (const who of [agency, client, sibling]) {
      expect(await visible(who)).toEqual([who.workspaceId]);
      for (const table of ["tenancy.people", "tenancy.memberships", "tenancy.teams", "audit.events"]) {
        expect(await visible(who, table, "workspace_id"), table).toEqual([who.workspaceId]);
      }
    }
  });

  test("the parent's owner changes nothing in the child, and the child's owner nothing in the parent", async () => {
    for (const [who, whom] of [
      [agency, client],
      [client, agency],
      [sibling, client],
    ] as const) {
      for (const name of ["suspend_member", "remove_member", "end_member_sessions"]) {
        expect(await outcome(call(database, who, name, whom.membershipId)), name).toBe("ZT006");
      }
    }
  });

  test("the child knows which workspace is its parent, and that is all", async () => {
    expect(await call(database, client, "current_workspace")).toMatchObject({
      parent_id: agency.workspaceId,
    });
    const seen = await asMember(database, client.accessToken, (connection) =>
      column(connection, "select id from tenancy.workspaces where id = $1", [agency.workspaceId]),
    );
    expect(seen).toEqual([]);
  });

  test("a workspace is not its own parent", async () => {
    const sql = "update tenancy.workspaces set parent_id = id where id = $1";
    expect(await outcome(admin(database).query(sql, [client.workspaceId]))).toBe(
      "workspace_is_not_its_own_parent",
    );
  });
});
