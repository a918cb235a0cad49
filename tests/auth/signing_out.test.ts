import { afterEach, describe, expect, it, vi } from "vitest";
import { openBrowser, sessionOf, signedIn, sql, startAuth } from "./support.ts";

const system = await startAuth();
afterEach(() => system.workos.recover());

async function begin() {
  const { browser, accessToken } = await signedIn(system, "owner@harbour.example");
  const { sign_in_id: signInId } = (await sessionOf(system, accessToken)).json;
  const [{ provider_session_id: providerSession }] = await sql(
    system,
    "select provider_session_id from session.sign_ins where id = $1",
    [signInId],
  );
  const isOpenThere = () =>
    system.workos.sessions().some(({ id, ended }) => id === providerSession && !ended);
  expect(isOpenThere()).toBe(true);
  return { browser, accessToken, signInId, providerSession, isOpenThere };
}

const jobs = () =>
  sql(system, "select attempts, last_error from queue_identity._private_jobs where last_error is not null");

describe("signing out", () => {
  it("ends our session at once and the provider's soon after, and clears the cookie", async () => {
    const { browser, accessToken, providerSession, isOpenThere } = await begin();
    const answer = await browser.post("/auth/sign-out");
    expect(answer).toMatchObject({ status: 200, json: { signed_out: true } });
    expect(browser.cookies.size).toBe(0);
    expect(browser.received.at(-1)).toBe("bulkhead_refresh=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
    expect(await sessionOf(system, accessToken)).toMatchObject({ status: 401, code: "SESSION_REVOKED" });
    await vi.waitFor(() => expect(isOpenThere()).toBe(false));
    const revoked = system.workos.requests.filter(({ path }) => path === "/user_management/sessions/revoke");
    expect(revoked.map(({ body }) => body?.session_id)).toContain(providerSession);
  });

  it("works long after the access token has expired", async () => {
    const { browser, signInId, isOpenThere } = await begin();
    await sql(
      system,
      "update session.tokens set expires_at = now() - interval '1 hour' where sign_in_id = $1",
      [signInId],
    );
    expect((await browser.post("/auth/sign-out")).json).toEqual({ signed_out: true });
    await vi.waitFor(() => expect(isOpenThere()).toBe(false));
  });

  it("ends a refresh token that somebody copied", async () => {
    const { browser } = await begin();
    const thief = openBrowser(system.url);
    for (const [name, value] of browser.cookies) thief.cookies.set(name, value);
    await browser.post("/auth/sign-out");
    expect((await thief.post("/auth/refresh")).code).toBe("REFRESH_UNKNOWN");
  });

  it("a second time, or without a session, changes nothing and is no error", async () => {
    const { browser } = await begin();
    const cookies = new Map(browser.cookies);
    await browser.post("/auth/sign-out");
    for (const [name, value] of cookies) browser.cookies.set(name, value);
    expect(await browser.post("/auth/sign-out")).toMatchObject({ status: 200, json: { signed_out: false } });
    expect((await openBrowser(system.url).post("/auth/sign-out")).json).toEqual({ signed_out: false });
  });

  it("does not end another sign-in of the same person", async () => {
    const one = await begin();
    const other = await begin();
    await one.browser.post("/auth/sign-out");
    expect((await sessionOf(system, other.accessToken)).status).toBe(200);
    expect(other.isOpenThere()).toBe(true);
  });

  it("is repeated at a provider that is out of reach, and says only a code in the queue", async () => {
    const { browser, isOpenThere, accessToken } = await begin();
    system.workos.fail("server_error", { path: "/user_management/sessions/revoke" });
    await browser.post("/auth/sign-out");
    await vi.waitFor(async () => expect(await jobs()).toHaveLength(1));
    const [{ attempts, last_error: error }] = await jobs();
    expect(attempts).toBe(1);
    expect(error).toContain("SIGN_IN_PROVIDER_DOWN");
    expect(await sessionOf(system, accessToken)).toMatchObject({ status: 401 });
    await sql(system, "update queue_identity._private_jobs set run_at = now()");
    // A queue looks for what has come due every two seconds.
    await vi.waitFor(() => expect(isOpenThere()).toBe(false), 10_000);
    await vi.waitFor(async () => expect(await jobs()).toEqual([]), 10_000);
  });

  it("counts a session that the provider no longer knows as ended", async () => {
    const { browser, signInId } = await begin();
    const asked = system.workos.count("POST", "/user_management/sessions/revoke");
    await sql(system, "update session.sign_ins set provider_session_id = 'session_gone' where id = $1", [
      signInId,
    ]);
    await browser.post("/auth/sign-out");
    await vi.waitFor(() =>
      expect(system.workos.count("POST", "/user_management/sessions/revoke")).toBe(asked + 1),
    );
    await vi.waitFor(async () =>
      expect(await sql(system, "select from queue_identity._private_jobs")).toEqual([]),
    );
  });
});
