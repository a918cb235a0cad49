import { randomUUID } from "node:crypto";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { addMember, asMember, createWorkspace, signIn, type SignedIn } from "../helpers/people.ts";
import { admin, column } from "../session/support.ts";
import { call, countEvents, events, outcome } from "./support.ts";

const database = await createDatabase();
let owner: SignedIn;
let viewer: SignedIn;
let email: string;

beforeAll(async () => {
  owner = await createWorkspace(database, "Harbour");
  viewer = await addMember(database, owner, "viewer");
});
beforeEach(() => {
  email = `${randomUUID()}@example.com`;
});

interface Invitation {
  id: string;
  workspace_id: string;
  email: string;
  role_key: string;
  invited_by: string;
  created_at: Date;
  expires_at: Date;
  accepted_at: Date | null;
  revoked_at: Date | null;
}
const invite = (role = "user", address = email) =>
  call<Invitation>(database, owner, "invite_person", address, role);
const accept = (address = email, organizationId: string = owner.organizationId) =>
  signIn(database, { email: address, organizationId, subject: `user_${randomUUID()}` });
const roleOf = async (who: SignedIn) =>
  (
    await column<string>(admin(database), "select role_key from tenancy.memberships where id = $1", [
      who.membershipId,
    ])
  )[0];
const turnBack = (id: string, ago: string) =>
  admin(database).query(
    `update tenancy.invitations set expires_at = expires_at - interval '${ago}' where id = $1`,
    [id],
  );

describe("an invitation", () => {
  test("is for 14 days, with a role, by the one who invited (NUM-49)", async () => {
    const made = await invite("operator");
    expect(made).toMatchObject({
      workspace_id: owner.workspaceId,
      email,
      role_key: "operator",
      invited_by: owner.personId,
      accepted_at: null,
      revoked_at: null,
    });
    expect(made.expires_at.getTime() - made.created_at.getTime()).toBe(14 * 86_400_000);
  });

  test("is accepted by signing in with its address, in whatever case, and gives its role once", async () => {
    await invite("operator", email.toUpperCase());
    const member = await accept();
    expect(await roleOf(member)).toBe("operator");
    expect(await outcome(accept())).toBe("ZT011");
    const sql = "select accepted_at is not null from tenancy.invitations where lower(email) = $1";
    expect(await column(admin(database), sql, [email])).toEqual([true]);
  });

  test("lets nobody else in: another address, another organization", async () => {
    await invite();
    expect(await outcome(accept(`x${email}`))).toBe("ZT011");
    expect(await outcome(accept(email, `org_${randomUUID()}`))).toBe("ZT010");
    const elsewhere = await createWorkspace(database, `Lighthouse ${Math.random()}`);
    expect(await outcome(accept(email, elsewhere.organizationId))).toBe("ZT011");
  });

  test("expired lets nobody in, and makes way for a new one", async () => {
    const { id } = await invite("operator");
    await turnBack(id, "15 days");
    expect(await outcome(accept())).toBe("ZT011");
    await invite("viewer");
    expect(await roleOf(await accept())).toBe("viewer");
  });

  test("revoked lets nobody in, and is not revoked again", async () => {
    const { id } = await invite();
    expect(await call(database, owner, "revoke_invitation", id)).toMatchObject({
      id,
      revoked_at: expect.any(Date),
    });
    expect(await outcome(accept())).toBe("ZT011");
    expect(await outcome(call(database, owner, "revoke_invitation", id))).toBe("ZT005");
  });

  test("accepted is not revoked", async () => {
    const { id } = await invite();
    await accept();
    expect(await outcome(call(database, owner, "revoke_invitation", id))).toBe("ZT005");
  });

  test("is one per address at a time, in whatever case", async () => {
    await invite();
    expect(await outcome(invite("viewer", email.toUpperCase()))).toBe("invitation_open_once");
  });

  test("is one per address even when two invite at once", async () => {
    const answers = await Promise.all([outcome(invite()), outcome(invite("viewer"))]);
    expect(answers.sort()).toEqual(["done", "invitation_open_once"]);
  });

  test("accepted by two sign-ins at once makes one member", async () => {
    await invite();
    const subject = `user_${randomUUID()}`;
    const both = () => outcome(signIn(database, { email, organizationId: owner.organizationId, subject }));
    await Promise.all([both(), both()]);
    const sql = `select count(*)::integer from tenancy.memberships m join tenancy.people p
      on p.workspace_id = m.workspace_id and p.id = m.person_id where p.email = $1`;
    expect(await column(admin(database), sql, [email])).toEqual([1]);
  });

  test("is not for a member, whatever the case of the address", async () => {
    expect(await outcome(invite("user", viewer.email.toUpperCase()))).toBe("ZT004");
  });

  test("needs an address that looks like one", async () => {
    for (const address of ["", "x", "a@", "@b", "a b@c", "a@b@c", `${"x".repeat(320)}@example.com`]) {
      expect(await outcome(invite("user", address)), address).toBe("invitation_email_shape");
    }
  });

  test("does not bring a suspended member back", async () => {
    const member = await addMember(database, owner, "user");
    await call(database, owner, "suspend_member", member.membershipId);
    expect(await outcome(invite("owner", member.email))).toBe("ZT004");
    expect(await outcome(signIn(database, member))).toBe("ZT012");
  });

  test("is needed again after a removal, and its role counts, not the former one", async () => {
    const member = await addMember(database, owner, "admin");
    await call(database, owner, "remove_member", member.membershipId);
    expect(await outcome(signIn(database, member))).toBe("ZT011");
    await invite("viewer", member.email);
    const back = await signIn(database, member);
    expect(back.personId).toBe(member.personId);
    expect(await roleOf(back)).toBe("viewer");
  });
});

describe("a workspace whose organization sends people without an invitation", () => {
  test("takes them in with its default role; an invitation's role comes first", async () => {
    const elsewhere = await createWorkspace(database, `Lighthouse ${Math.random()}`);
    await admin(database).query("update tenancy.workspaces set default_role_key = 'learner' where id = $1", [
      elsewhere.workspaceId,
    ]);
    expect(await roleOf(await accept(email, elsewhere.organizationId))).toBe("learner");
    const other = `${randomUUID()}@example.com`;
    await call(database, elsewhere, "invite_person", other, "manager");
    expect(await roleOf(await accept(other, elsewhere.organizationId))).toBe("manager");
  });

  test("never makes owners or admins of them", async () => {
    for (const role of ["owner", "admin"]) {
      expect(
        await outcome(admin(database).query("update tenancy.workspaces set default_role_key = $1", [role])),
      ).toBe("workspace_default_role_is_modest");
    }
  });
});

describe("who may not (DSK-08)", () => {
  test("neither invites, revokes nor sees an invitation", async () => {
    const { id } = await invite();
    const before = await countEvents(database, owner);
    expect(await outcome(call(database, viewer, "invite_person", `x${email}`, "viewer"))).toBe("ZT001");
    expect(await outcome(call(database, viewer, "revoke_invitation", id))).toBe("ZT001");
    const seen = await asMember(database, viewer.accessToken, (client) =>
      column(client, "select id from tenancy.invitations"),
    );
    expect(seen).toEqual([]);
    expect(await countEvents(database, owner)).toBe(before);
  });

  test("another workspace's invitation does not exist for them, whatever their role", async () => {
    const { id } = await invite();
    const elsewhere = await createWorkspace(database, `Lighthouse ${Math.random()}`);
    expect(await outcome(call(database, elsewhere, "revoke_invitation", id))).toBe("ZT005");
    expect(await outcome(accept())).toBe("done");
  });

  test("without a session there is nothing to invite to", async () => {
    const sql = "select tenancy.invite_person('a@b.example', 'viewer')";
    expect(await outcome(asMember(database, "", (client) => client.query(sql)))).toBe("ZS001");
    for (const role of ["bulkhead_anonymous", "bulkhead_agent", "bulkhead_recipient"]) {
      expect(await outcome(asMember(database, owner.accessToken, (client) => client.query(sql), role))).toBe(
        "42501",
      );
    }
  });
});

test("inviting, revoking and accepting are in the audit log, by whom, without the address (NUM-37, OPP-53)", async () => {
  const first = await invite();
  await call(database, owner, "revoke_invitation", first.id);
  const second = await invite();
  const member = await accept();
  const created = await events(database, owner, "invitation.created");
  expect(created.filter((event) => event.row_id === first.id)).toEqual([
    { row_id: first.id, changed_columns: null, person_id: owner.personId },
  ]);
  const updated = await events(database, owner, "invitation.updated");
  expect(updated.find((event) => event.row_id === first.id)).toEqual({
    row_id: first.id,
    changed_columns: ["revoked_at"],
    person_id: owner.personId,
  });
  expect(updated.find((event) => event.row_id === second.id)).toMatchObject({
    changed_columns: ["accepted_at"],
  });
  expect((await events(database, owner, "membership.created")).map((event) => event.row_id)).toContain(
    member.membershipId,
  );
  const everything = await column<string>(admin(database), "select to_jsonb(e)::text from audit.events e");
  for (const event of everything) expect(event).not.toContain(email);
});
