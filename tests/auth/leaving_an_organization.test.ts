import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { asMember } from "../helpers/people.ts";
import { HARBOUR, OPEN, sessionOf, signInOnTheWeb, signedIn, sql, startAuth } from "./support.ts";

/** As long as the test may take: a worker picks up its jobs when it does. */
const until = <T>(look: () => T | Promise<T>): Promise<T> => vi.waitFor(look, { timeout: 20_000 });

const system = await startAuth();
const owner = await signedIn(system, "owner@harbour.example");

beforeAll(async () => {
  await sql(
    system,
    `insert into connections.providers (provider, profile, service, kind, authorize_url, pkce, scopes)
     values ('google', 'mailbox', 'mail_sync', 'oauth', 'https://accounts.google.com/?x=1', 'S256', '{}')`,
  );
});

async function invite(email: string, role = "user"): Promise<void> {
  await asMember(system.database, owner.accessToken, (client) =>
    client.query("select tenancy.invite_person($1, $2)", [email, role]),
  );
}

/** A connected account of a person, its credential included. */
async function connect(email: string): Promise<string> {
  const [{ id }] = await sql(
    system,
    `insert into connections.connections (workspace_id, person_id, provider, profile, service, state, account_id, version, key_version)
     select workspace_id, id, 'google', 'mailbox', 'mail_sync', 'connected', $1, 1, 1 from tenancy.people where email = $1 returning id`,
    [email],
  );
  await sql(
    system,
    `insert into connections.credentials (workspace_id, connection_id, version, sealed, sealed_revocation, key_version)
     select workspace_id, id, 1, 'eyJa.b.c.d.e', 'eyJa.b.c.d.e', 1 from connections.connections where id = $1`,
    [id],
  );
  return id as string;
}

/** What a person has left in their workspace. */
async function standing(email: string) {
  const [row] = await sql(
    system,
    `select m.status,
       (select count(*)::int from session.sign_ins s where s.person_id = p.id and s.workspace_id = p.workspace_id and s.ended_at is null) as sessions,
       (select array_agg(c.state) from connections.connections c where c.person_id = p.id and c.workspace_id = p.workspace_id) as connections,
       (select count(*)::int from connections.credentials k join connections.connections c on c.id = k.connection_id where c.person_id = p.id) as credentials,
       (select count(*)::int from connections.revocations r where r.person_id = p.id) as revocations
     from tenancy.people p join tenancy.memberships m on m.workspace_id = p.workspace_id and m.person_id = p.id where p.email = $1`,
    [email],
  );
  return row;
}

const gone = {
  status: "suspended",
  sessions: 0,
  connections: ["disconnected"],
  credentials: 0,
  revocations: 1,
};
const there = { status: "active", sessions: 1, connections: ["connected"], credentials: 1, revocations: 0 };

/** What the minute's cron does, now. */
const readEvents = () => sql(system, "select queue_identity.add_job('organization_changes')");

describe("a person whom their organization removes", () => {
  it("loses sessions and connections within the minute, without signing in again, and in no other workspace", async () => {
    await invite("both@example.com");
    await sql(system, "select session.provider_cursor()");
    const harbour = await signInOnTheWeb(system, "both@example.com", undefined, `&organization=${HARBOUR}`);
    const { json } = await harbour.browser.post("/auth/refresh");
    const elsewhere = await signInOnTheWeb(system, "both@example.com", undefined, `&organization=${OPEN}`);
    const other = (await elsewhere.browser.post("/auth/refresh")).json.access_token as string;
    system.workos.setMembership("both@example.com", HARBOUR, null);
    await readEvents();
    await until(async () => expect((await sessionOf(system, json.access_token)).status).toBe(401));
    expect((await harbour.browser.post("/auth/refresh")).code).toMatch(/REFRESH_UNKNOWN|REFRESH_MISSING/);
    expect((await sessionOf(system, other)).status).toBe(200);
    const [{ n }] = await sql(
      system,
      "select count(*)::int as n from audit.events where action = 'membership.organization_ended' and service = 'identity'",
    );
    expect(n).toBe(1);
  });

  it("has every connection disconnected, and its grants given back", async () => {
    await invite("analyst@harbour.example", "user");
    await signedIn(system, "analyst@harbour.example");
    await connect("analyst@harbour.example");
    expect(await standing("analyst@harbour.example")).toEqual(there);
    system.workos.setMembership("analyst@harbour.example", HARBOUR, "inactive");
    await readEvents();
    await until(async () => expect(await standing("analyst@harbour.example")).toEqual(gone));
  });

  it("signs in without the organization: is refused, and the provider is asked", async () => {
    await invite("stranger@harbour.example");
    const { accessToken } = await signedIn(system, "stranger@harbour.example");
    await connect("stranger@harbour.example");
    // No event is read here: the answer alone is the reason to ask.
    system.workos.setMembership("stranger@harbour.example", HARBOUR, null);
    const answer = await signInOnTheWeb(system, "stranger@harbour.example");
    expect(answer).toMatchObject({ status: 403, code: "ORGANIZATION_SIGN_IN_REQUIRED" });
    await until(async () => expect(await standing("stranger@harbour.example")).toEqual(gone));
    expect((await sessionOf(system, accessToken)).status).toBe(401);
  });

  it("comes back with an admin's word, and not by being put back alone", async () => {
    system.workos.setMembership("stranger@harbour.example", HARBOUR, "active");
    expect((await signInOnTheWeb(system, "stranger@harbour.example")).code).toBe("MEMBERSHIP_SUSPENDED");
    await asMember(system.database, owner.accessToken, (client) =>
      client.query(
        `select tenancy.reactivate_member(m.id) from tenancy.memberships m join tenancy.people p on p.id = m.person_id
         where p.email = 'stranger@harbour.example'`,
      ),
    );
    await signedIn(system, "stranger@harbour.example");
  });

  it("stays, when the provider says after all that they are in: an event is a reason to ask and no proof", async () => {
    await invite("sso@harbour.example");
    await signedIn(system, "sso@harbour.example");
    await connect("sso@harbour.example");
    system.workos.setMembership("sso@harbour.example", HARBOUR, null);
    system.workos.setMembership("sso@harbour.example", HARBOUR, "active");
    await readEvents();
    const asked = () => system.workos.count("GET", "/user_management/organization_memberships");
    const before = asked();
    await until(() => expect(asked()).toBeGreaterThan(before));
    expect(await standing("sso@harbour.example")).toEqual(there);
  });

  it("as the last owner keeps the role, so that the workspace has one, but no session and no connection", async () => {
    await connect("owner@harbour.example");
    system.workos.setMembership("owner@harbour.example", HARBOUR, "inactive");
    await readEvents();
    await until(async () =>
      expect(await standing("owner@harbour.example")).toEqual({ ...gone, status: "active" }),
    );
    expect((await sessionOf(system, owner.accessToken)).status).toBe(401);
    expect((await signInOnTheWeb(system, "owner@harbour.example")).code).toBe(
      "ORGANIZATION_SIGN_IN_REQUIRED",
    );
  });
});

describe("the provider's events", () => {
  it("are read on from the last one, each once", async () => {
    const [{ event_id: before }] = await sql(system, "select event_id from session.provider_cursors");
    await readEvents();
    await until(async () => {
      const rows = await sql(
        system,
        "select from queue_identity.jobs where task_identifier = 'organization_changes'",
      );
      expect(rows).toEqual([]);
    });
    const last = system.workos.requests.filter(({ path }) => path === "/events").at(-1)!;
    expect(last.query.after).toBe(before);
  });

  it("while the provider is down move no mark", async () => {
    const [{ event_id: before }] = await sql(system, "select event_id from session.provider_cursors");
    system.workos.setMembership("sso@harbour.example", HARBOUR, null);
    // More than one: the minute may turn here, and bring its own job.
    system.workos.fail("server_error", { path: "/events", times: 10 });
    await readEvents();
    await until(async () => {
      const rows = await sql(
        system,
        "select from queue_identity.jobs where task_identifier = 'organization_changes' and attempts > 0 and locked_at is null",
      );
      expect(rows.length).toBeGreaterThan(0);
    });
    expect(await sql(system, "select event_id from session.provider_cursors")).toEqual([
      { event_id: before },
    ]);
    system.workos.recover();
    await readEvents();
    await until(async () => expect(await standing("sso@harbour.example")).toEqual(gone));
  });
});

describe("by itself, the right to end a member", () => {
  it("is nobody's without the identity service's ticket, and reaches no other workspace than the ticket's", async () => {
    const identity = system.database.pool("bulkhead_identity", { max: 1 });
    await expect(
      identity.query("select tenancy.end_organization_member($1)", [randomUUID()]),
    ).rejects.toMatchObject({ code: "ZS006" });
    const [{ id: open }] = await sql(system, "select id from tenancy.workspaces where name = 'Open doors'");
    const [{ ticket }] = await sql(
      system,
      "insert into session.tickets (service, workspace_id) values ('identity', $1) returning id as ticket",
      [open],
    );
    const [victim] = await sql(
      system,
      "select person_id from tenancy.memberships where workspace_id = $1 limit 1",
      [system.harbourId],
    );
    const client = await identity.connect();
    try {
      await client.query("begin");
      await client.query("select set_config('session.token', session.claim_ticket($1), true)", [ticket]);
      await client.query("select tenancy.end_organization_member($1)", [victim.person_id]);
      await client.query("commit");
    } finally {
      client.release();
    }
    expect(
      await sql(
        system,
        "select from audit.events where action = 'membership.organization_ended' and workspace_id = $1",
        [open],
      ),
    ).toEqual([]);
  });
});
