import { beforeEach, describe, expect, it, vi } from "vitest";
import { asMember } from "../helpers/people.ts";
import { type Browser, openBrowser, randomText, sessionOf, signedIn, sql, startAuth } from "./support.ts";

const system = await startAuth();
const COOKIE = "bulkhead_refresh";

let browser: Browser;
let accessToken: string;
let signInId: string;
beforeEach(async () => {
  ({ browser, accessToken } = await signedIn(system, "owner@harbour.example"));
  signInId = (await sessionOf(system, accessToken)).json.sign_in_id;
});

const setPolicy = (columns: string) =>
  sql(system, `insert into session.workspace_policies (workspace_id) values ($1) on conflict do nothing`, [
    system.harbourId,
  ]).then(() => sql(system, `update session.workspace_policies set ${columns}`));

async function expectEnded(reason: string): Promise<void> {
  const [row] = await sql(
    system,
    "select end_reason, ended_at is not null as ended from session.sign_ins where id = $1",
    [signInId],
  );
  expect(row).toEqual({ end_reason: reason, ended: true });
  expect((await sessionOf(system, accessToken)).code).toBe("SESSION_REVOKED");
}

describe("refreshing", () => {
  it("gives a new access token and replaces the cookie, whose token is stored as a hash only", async () => {
    const before = browser.cookies.get(COOKIE)!;
    const answer = await browser.post("/auth/refresh");
    expect(answer.status).toBe(200);
    expect(answer.json.access_token).not.toBe(accessToken);
    expect(browser.cookies.get(COOKIE)).not.toBe(before);
    expect(Date.parse(answer.json.expires_at) - Date.now()).toBeLessThanOrEqual(15 * 60_000);
    // The former access token lives out its minutes: a request under way does not fail.
    expect((await sessionOf(system, accessToken)).status).toBe(200);
    const rows = await sql(
      system,
      "select from session.refresh_tokens where token_hash = sha256(convert_to($1, 'UTF8'))",
      [browser.cookies.get(COOKIE)],
    );
    expect(rows).toHaveLength(1);
  });

  it("with a spent token ends the whole family: thief and owner are both signed out", async () => {
    const thief = openBrowser(system.url);
    thief.cookies.set(COOKIE, browser.cookies.get(COOKIE)!);
    expect((await browser.post("/auth/refresh")).status).toBe(200);
    expect(await thief.post("/auth/refresh")).toMatchObject({ status: 401, code: "REFRESH_REUSED" });
    expect(thief.cookies.has(COOKIE)).toBe(false);
    expect(await browser.post("/auth/refresh")).toMatchObject({ status: 401, code: "REFRESH_UNKNOWN" });
    await expectEnded("refresh_reused");
  });

  it("twice at once gives at most one pair, and the token that was presented twice ends the sign-in", async () => {
    const copies = Array.from({ length: 4 }, () => {
      const copy = openBrowser(system.url);
      copy.cookies.set(COOKIE, browser.cookies.get(COOKIE)!);
      return copy;
    });
    // Held until all of them have begun, so that they truly meet.
    const gate = await system.database.pool("postgres", { max: 1 }).connect();
    await gate.query("begin");
    await gate.query("select from session.sign_ins where id = $1 for update", [signInId]);
    const under = Promise.all(copies.map((copy) => copy.post("/auth/refresh")));
    await vi.waitFor(async () => {
      const waiting = await sql(
        system,
        "select from pg_stat_activity where usename = 'bulkhead_api' and datname = current_database() and wait_event_type = 'Lock'",
      );
      expect(waiting.length).toBeGreaterThanOrEqual(3);
    });
    await gate.query("commit");
    gate.release();
    const answers = await under;
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const codes = new Set(answers.map(({ code }) => code).filter(Boolean));
    expect([...codes].every((code) => code === "REFRESH_REUSED" || code === "REFRESH_UNKNOWN")).toBe(true);
    await expectEnded("refresh_reused");
  });

  it("after too long an idle time is refused, and ends the sign-in", async () => {
    await sql(
      system,
      "update session.sign_ins set last_refreshed_at = now() - interval '14 days' where id = $1",
      [signInId],
    );
    expect(await browser.post("/auth/refresh")).toMatchObject({ status: 401, code: "SESSION_IDLE" });
    expect(browser.cookies.has(COOKIE)).toBe(false);
    await expectEnded("idle");
  });

  it("after the workspace's own idle time is refused", async () => {
    await setPolicy("idle_timeout = interval '1 hour'");
    await sql(
      system,
      "update session.sign_ins set last_refreshed_at = now() - interval '61 minutes' where id = $1",
      [signInId],
    );
    expect((await browser.post("/auth/refresh")).code).toBe("SESSION_IDLE");
    await sql(system, "delete from session.workspace_policies");
  });

  it("after 30 days is refused, however often it was refreshed", async () => {
    await sql(system, "update session.sign_ins set created_at = now() - interval '30 days' where id = $1", [
      signInId,
    ]);
    expect((await browser.post("/auth/refresh")).code).toBe("SESSION_EXPIRED");
    await expectEnded("expired");
  });

  it("after a maximum age that was shortened since is refused", async () => {
    await setPolicy("maximum_age = interval '1 hour'");
    await sql(
      system,
      "update session.sign_ins set created_at = now() - interval '61 minutes' where id = $1",
      [signInId],
    );
    expect((await browser.post("/auth/refresh")).code).toBe("SESSION_EXPIRED");
    await sql(system, "delete from session.workspace_policies");
  });

  it("is refused once the workspace enforces single sign-on", async () => {
    await setPolicy("sso_required = true");
    expect(await browser.post("/auth/refresh")).toMatchObject({ status: 401, code: "SSO_REQUIRED" });
    await expectEnded("revoked");
    await sql(system, "delete from session.workspace_policies");
  });

  it.each([
    ["suspended", "suspend_member", "SESSION_SUSPENDED"],
    ["removed", "remove_member", "REFRESH_UNKNOWN"],
  ])("is refused to a member who was %s", async (_, change, code) => {
    const email = "analyst@harbour.example";
    const asOwner = (statement: string, values: unknown[]) =>
      asMember(system.database, accessToken, (client) => client.query(statement, values));
    await sql(
      system,
      "update tenancy.invitations set revoked_at = now() where accepted_at is null and revoked_at is null",
    );
    const membership = () =>
      sql(
        system,
        "select m.id from tenancy.memberships m join tenancy.people p on p.id = m.person_id where p.email = $1",
        [email],
      );
    const [former] = await membership();
    if (former) await asOwner("select tenancy.reactivate_member($1)", [former.id]);
    else await asOwner("select tenancy.invite_person($1, 'analyst')", [email]);
    const member = await signedIn(system, email);
    const [{ id }] = await membership();
    await asOwner(`select tenancy.${change}($1)`, [id]);
    expect((await sessionOf(system, member.accessToken)).status).toBe(401);
    expect(await member.browser.post("/auth/refresh")).toMatchObject({ status: 401, code });
    expect(member.browser.cookies.has(COOKIE)).toBe(false);
  });

  it("without a token, or with one that was never issued, is refused", async () => {
    const nobody = openBrowser(system.url);
    expect(await nobody.post("/auth/refresh")).toMatchObject({ status: 401, code: "REFRESH_MISSING" });
    nobody.cookies.set(COOKIE, `bhr_${randomText()}`);
    const answer = await nobody.post("/auth/refresh");
    expect(answer).toMatchObject({ status: 401, code: "REFRESH_UNKNOWN" });
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    for (const token of ["", "x", 5, null, {}, `bhr_${"a".repeat(5000)}`, `bhr_${randomText()}'--`]) {
      expect((await nobody.post("/auth/refresh", { refresh_token: token })).code).toBe("REQUEST_MALFORMED");
    }
  });
});
