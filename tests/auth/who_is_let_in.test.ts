import { describe, expect, it, vi } from "vitest";
import { asMember } from "../helpers/people.ts";
import { HARBOUR, OPEN, sessionOf, signInOnTheWeb, signedIn, sql, startAuth } from "./support.ts";

const system = await startAuth();
const owner = await signedIn(system, "owner@harbour.example");

/** A refusal leaves nothing behind: no person, no session here, and none at the provider. */
async function expectRefused(email: string, code: string, query = ""): Promise<void> {
  const before = await sql(system, "select count(*)::int as n from session.sign_ins");
  const already = new Set(system.workos.sessions().map(({ id }) => id));
  const answer = await signInOnTheWeb(system, email, undefined, query);
  expect(answer).toMatchObject({ status: 403, code, location: null });
  expect([...answer.browser.cookies.keys()]).toEqual([]);
  expect(await sql(system, "select count(*)::int as n from session.sign_ins")).toEqual(before);
  await vi.waitFor(() => {
    const left = system.workos.sessions().filter(({ id, ended }) => !already.has(id) && !ended);
    expect(left).toEqual([]);
  });
}

async function roleOf(email: string): Promise<unknown[]> {
  return sql(
    system,
    `select m.role_key, m.status, w.name from tenancy.memberships m
     join tenancy.people p on p.workspace_id = m.workspace_id and p.id = m.person_id
     join tenancy.workspaces w on w.id = m.workspace_id where p.email = $1`,
    [email],
  );
}

describe("signing in", () => {
  it("is refused for an organization that has no workspace", async () => {
    await expectRefused("someone@unknown.example", "ORGANIZATION_UNKNOWN");
  });

  it("is refused without an invitation where the workspace has no default role, and no person is made", async () => {
    await expectRefused("stranger@harbour.example", "NOT_INVITED");
    expect(await roleOf("stranger@harbour.example")).toEqual([]);
    expect(await sql(system, "select from tenancy.people where email = 'stranger@harbour.example'")).toEqual(
      [],
    );
  });

  it("without an organization is refused to whom nobody invited", async () => {
    await expectRefused("alone@example.com", "NOT_INVITED");
  });

  it("with an invitation gives its role, and accepts it", async () => {
    const invite = (email: string, role: string) =>
      asMember(system.database, owner.accessToken, (client) =>
        client.query("select tenancy.invite_person($1, $2)", [email, role]),
      );
    await invite("Analyst@Harbour.example", "analyst");
    const { accessToken } = await signedIn(system, "analyst@harbour.example");
    expect(await roleOf("analyst@harbour.example")).toEqual([
      { role_key: "analyst", status: "active", name: "Harbour" },
    ]);
    expect((await sessionOf(system, accessToken)).json.workspace_id).toBe(system.harbourId);
    const [invitation] = await sql(
      system,
      "select accepted_at is not null as accepted from tenancy.invitations where lower(email) = 'analyst@harbour.example'",
    );
    expect(invitation.accepted).toBe(true);
  });

  it("without an organization is refused where the workspace belongs to one, invited or not", async () => {
    await asMember(system.database, owner.accessToken, (client) =>
      client.query("select tenancy.invite_person('alone@example.com', 'learner')"),
    );
    await expectRefused("alone@example.com", "ORGANIZATION_SIGN_IN_REQUIRED");
    expect(await roleOf("alone@example.com")).toEqual([]);
  });

  it("without an organization works where the workspace has none", async () => {
    const identity = system.database.pool("bulkhead_identity", { max: 1 });
    await identity.query("select tenancy.provision_workspace('Free', 'alone@example.com')");
    await signedIn(system, "alone@example.com");
    expect(await roleOf("alone@example.com")).toMatchObject([{ role_key: "owner", name: "Free" }]);
  });

  it("without an organization lands in the workspace that has none, though one of an organization was joined later", async () => {
    await sql(
      system,
      `with person as (
         insert into tenancy.people (workspace_id, id, email, name)
         select $1, id, email, name from tenancy.people where email = 'alone@example.com' returning workspace_id, id
       )
       insert into tenancy.memberships (workspace_id, person_id, role_key, created_at)
       select workspace_id, id, 'learner', now() + interval '1 day' from person`,
      [system.harbourId],
    );
    const { accessToken } = await signedIn(system, "alone@example.com");
    expect((await sessionOf(system, accessToken)).json.workspace_id).not.toBe(system.harbourId);
  });

  it("where the workspace has a default role gives that", async () => {
    await signedIn(system, "visitor@open.example");
    expect(await roleOf("visitor@open.example")).toEqual([
      { role_key: "viewer", status: "active", name: "Open doors" },
    ]);
  });

  it("is refused to a suspended member, and works again after reactivation", async () => {
    const set = (status: string) =>
      sql(
        system,
        "update tenancy.memberships m set status = $1 from tenancy.people p where p.id = m.person_id and p.email = 'visitor@open.example'",
        [status],
      );
    await set("suspended");
    await expectRefused("visitor@open.example", "MEMBERSHIP_SUSPENDED");
    await set("active");
    await signedIn(system, "visitor@open.example");
  });

  it("is refused with an unverified address: it would accept somebody else's invitation", async () => {
    await asMember(system.database, owner.accessToken, (client) =>
      client.query("select tenancy.invite_person('unverified@harbour.example', 'admin')"),
    );
    await expectRefused("unverified@harbour.example", "SIGN_IN_EMAIL_UNVERIFIED");
    const [invitation] = await sql(
      system,
      "select accepted_at from tenancy.invitations where email = 'unverified@harbour.example'",
    );
    expect(invitation.accepted_at).toBeNull();
  });

  it("is refused to whoever signs in as somebody else from the provider's dashboard", async () => {
    await expectRefused("impersonated@harbour.example", "SIGN_IN_IMPERSONATION_REFUSED");
  });

  it("is refused where the workspace enforces single sign-on, but by single sign-on", async () => {
    await asMember(system.database, owner.accessToken, (client) =>
      client.query("select tenancy.invite_person('sso@harbour.example', 'user')"),
    );
    await sql(
      system,
      "insert into session.workspace_policies (workspace_id, sso_required) values ($1, true)",
      [system.harbourId],
    );
    try {
      await expectRefused("owner@harbour.example", "SSO_REQUIRED");
      await signedIn(system, "sso@harbour.example");
    } finally {
      await sql(system, "delete from session.workspace_policies");
    }
  });

  it("lands in the organization that was asked for, for a person of several", async () => {
    const answer = await signInOnTheWeb(system, "both@example.com", undefined, `&organization=${OPEN}`);
    expect(answer.status).toBe(303);
    expect(await roleOf("both@example.com")).toMatchObject([{ name: "Open doors" }]);
    expect((await signInOnTheWeb(system, "both@example.com")).code).toBe("SIGN_IN_ORGANIZATION_REQUIRED");
  });

  it("in another organization than asked for is refused", async () => {
    const { openBrowser } = await import("./support.ts");
    const browser = openBrowser(system.url);
    const start = new URL((await browser.get(`/auth/sign-in?organization=${HARBOUR}`)).location!);
    start.searchParams.delete("organization_id");
    const callback = await system.workos.signIn(start.href, "visitor@open.example");
    expect((await browser.get(callback.pathname + callback.search)).code).toBe(
      "SIGN_IN_ORGANIZATION_MISMATCH",
    );
  });
});
