import { describe, expect, it } from "vitest";
import {
  SECURE_URL,
  openBrowser,
  randomText,
  sessionOf,
  signInOnTheWeb,
  sql,
  startAuth,
  toCallback,
} from "./support.ts";

const system = await startAuth();

describe("signing in in a browser", () => {
  it("ends at the page asked for, with a session of the right person in the right workspace", async () => {
    const { status, location, browser } = await signInOnTheWeb(
      system,
      "owner@harbour.example",
      openBrowser(system.url),
      "&return_to=%2Finbox%3Fview%3Dall%23top",
    );
    expect(status).toBe(303);
    expect(location).toBe(`${system.url}/inbox?view=all#top`);
    expect([...browser.cookies.keys()]).toEqual(["bulkhead_refresh"]);

    const refreshed = await browser.post("/auth/refresh");
    expect(refreshed.status).toBe(200);
    expect(Object.keys(refreshed.json)).toEqual(["access_token", "expires_at"]);
    const session = await sessionOf(system, refreshed.json.access_token);
    expect(session.json).toMatchObject({ workspace_id: system.harbourId });
    const [person] = await sql(system, "select email, name from tenancy.people where id = $1", [
      session.json.person_id,
    ]);
    expect(person).toEqual({ email: "owner@harbour.example", name: "Olga Owner" });
    const [row] = await sql(
      system,
      "select host(address) as address, client, authentication_method from session.sign_ins where id = $1",
      [session.json.sign_in_id],
    );
    expect(row).toEqual({ address: browser.address, client: "web", authentication_method: "MagicAuth" });
  });

  it("asks the provider for a code with a PKCE challenge, and no password is ever seen by us", async () => {
    const browser = openBrowser(system.url);
    const { location } = await browser.get("/auth/sign-in");
    const asked = new URL(location!);
    expect(asked.origin).toBe(system.workos.url);
    expect(Object.fromEntries(asked.searchParams)).toMatchObject({
      response_type: "code",
      code_challenge_method: "S256",
      redirect_uri: `${system.url}/auth/callback`,
    });
    expect(asked.searchParams.get("code_challenge")).toMatch(/^[\w-]{43}$/);
    expect((await openBrowser(system.url).post("/auth/sign-in", { password: "x" })).status).toBe(405);
    const columns = await sql(
      system,
      "select column_name from information_schema.columns where column_name like '%password%' and table_schema in ('session', 'tenancy', 'sealed')",
    );
    expect(columns).toEqual([]);
  });

  it("gives each sign-in a state, a challenge and a browser secret of its own", async () => {
    const browser = openBrowser(system.url);
    const one = new URL((await browser.get("/auth/sign-in")).location!).searchParams;
    const two = new URL((await browser.get("/auth/sign-in")).location!).searchParams;
    expect(one.get("state")).not.toBe(two.get("state"));
    expect(one.get("code_challenge")).not.toBe(two.get("code_challenge"));
    expect(new Set(browser.cookies.values()).size).toBe(2);
  });

  it("lets two tabs sign in side by side", async () => {
    const browser = openBrowser(system.url);
    const first = await toCallback(system, browser, "owner@harbour.example");
    const second = await toCallback(system, browser, "owner@harbour.example");
    expect((await browser.get(first)).status).toBe(303);
    expect((await browser.get(second)).status).toBe(303);
  });
});

describe("cookies", () => {
  it("are host-bound, secure, out of scripts' reach, and the refresh token's is sent by our own pages only", async () => {
    const browser = openBrowser(system.secureUrl, SECURE_URL);
    const { location, received } = {
      ...(await signInOnTheWeb(system, "owner@harbour.example", browser)),
      received: browser.received,
    };
    expect(location).toBe(`${SECURE_URL}/`);
    const binding = received.find((cookie) => cookie.includes("sign_in"))!;
    expect(binding).toMatch(
      /^__Host-bulkhead_sign_in_[\w-]{10}=[\w-]{43}; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/,
    );
    const refresh = received.find((cookie) => cookie.includes("refresh"))!;
    expect(refresh).toMatch(
      /^__Host-bulkhead_refresh=bhr_[\w-]{43}; Path=\/; Max-Age=25919\d\d; HttpOnly; SameSite=Strict; Secure$/,
    );
    for (const cookie of received) expect(cookie).not.toMatch(/domain/i);
    expect([...browser.cookies.keys()]).toEqual(["__Host-bulkhead_refresh"]);
  });

  it("without Secure exist on loopback only: a public url of plain http does not start", async () => {
    const { createAuthRoutes } = await import("../../api/auth/routes.ts");
    expect(() => createAuthRoutes({ config: { publicUrl: "http://app.example.com" } } as never)).toThrow(
      /https/,
    );
  });
});

describe("a callback", () => {
  it("with a state that nobody began is refused and leads nowhere", async () => {
    const browser = openBrowser(system.url);
    await browser.get("/auth/sign-in");
    for (const state of [`w${randomText()}`, `d${randomText()}`, "", "short", "w".repeat(4000), "<script>"]) {
      const answer = await browser.get(`/auth/callback?code=abc&state=${encodeURIComponent(state)}`);
      expect(answer).toMatchObject({ status: 400, code: "SIGN_IN_STATE_UNKNOWN", location: null });
    }
  });

  it("works once: a replayed state is refused, also with a fresh code", async () => {
    const browser = openBrowser(system.url);
    const callback = await toCallback(system, browser, "owner@harbour.example");
    const before = new Map(browser.cookies);
    expect((await browser.get(callback)).status).toBe(303);
    for (const [name, value] of before) browser.cookies.set(name, value);
    expect(await browser.get(callback)).toMatchObject({
      status: 400,
      code: "SIGN_IN_STATE_UNKNOWN",
      location: null,
    });
    const other = new URL(await toCallback(system, browser, "owner@harbour.example"), system.url);
    other.searchParams.set("state", new URL(callback, system.url).searchParams.get("state")!);
    expect((await browser.get(other.pathname + other.search)).code).toBe("SIGN_IN_STATE_UNKNOWN");
  });

  it("in another browser is refused, and uses the state up: stolen, or planted to sign a stranger in", async () => {
    const thief = openBrowser(system.url);
    const victim = openBrowser(system.url);
    const callback = await toCallback(system, victim, "owner@harbour.example");
    await thief.get("/auth/sign-in");
    expect(await thief.get(callback)).toMatchObject({
      status: 400,
      code: "SIGN_IN_BROWSER_MISMATCH",
      location: null,
    });
    expect([...thief.cookies.keys()].some((name) => name.includes("refresh"))).toBe(false);
    expect((await victim.get(callback)).code).toBe("SIGN_IN_STATE_UNKNOWN");
  });

  it("with another browser's cookie of the same name is refused", async () => {
    const browser = openBrowser(system.url);
    const callback = await toCallback(system, browser, "owner@harbour.example");
    const [name] = browser.cookies.keys();
    browser.cookies.set(name!, randomText());
    expect((await browser.get(callback)).code).toBe("SIGN_IN_BROWSER_MISMATCH");
  });

  it("with a code that was exchanged before is refused", async () => {
    const browser = openBrowser(system.url);
    const used = new URL(await toCallback(system, browser, "owner@harbour.example"), system.url);
    await browser.get(used.pathname + used.search);
    const next = new URL(await toCallback(system, browser, "owner@harbour.example"), system.url);
    next.searchParams.set("code", used.searchParams.get("code")!);
    expect(await browser.get(next.pathname + next.search)).toMatchObject({
      status: 400,
      code: "SIGN_IN_CODE_REJECTED",
    });
  });

  it("with another sign-in's code is refused: the code belongs to that one's verifier", async () => {
    const attacker = openBrowser(system.url);
    const victim = openBrowser(system.url);
    const stolen = new URL(await toCallback(system, victim, "owner@harbour.example"), system.url);
    const own = new URL(await toCallback(system, attacker, "stranger@harbour.example"), system.url);
    own.searchParams.set("code", stolen.searchParams.get("code")!);
    expect((await attacker.get(own.pathname + own.search)).code).toBe("SIGN_IN_CODE_REJECTED");
  });

  it("that comes after ten minutes is refused", async () => {
    const browser = openBrowser(system.url);
    const callback = await toCallback(system, browser, "owner@harbour.example");
    await sql(system, "update session.sign_in_attempts set expires_at = now() - interval '1 second'");
    expect((await browser.get(callback)).code).toBe("SIGN_IN_STATE_UNKNOWN");
  });

  it("without a code says that the sign-in was cancelled, and uses the state up", async () => {
    const browser = openBrowser(system.url);
    const callback = await toCallback(system, browser, "nobody@nowhere.example");
    expect(callback).toContain("error=access_denied");
    expect(await browser.get(callback)).toMatchObject({
      status: 400,
      code: "SIGN_IN_CANCELLED",
      location: null,
    });
    expect((await browser.get(callback)).code).toBe("SIGN_IN_STATE_UNKNOWN");
  });

  it("without a code in another browser tells that one nothing", async () => {
    const callback = await toCallback(system, openBrowser(system.url), "nobody@nowhere.example");
    expect((await openBrowser(system.url).get(callback)).code).toBe("SIGN_IN_BROWSER_MISMATCH");
  });

  it("is not used up by a HEAD request", async () => {
    const browser = openBrowser(system.url);
    const callback = await toCallback(system, browser, "owner@harbour.example");
    const head = await fetch(new URL(callback, system.url), { method: "HEAD", redirect: "manual" });
    expect([head.status, head.headers.get("allow")]).toEqual([405, "GET"]);
    expect((await browser.get(callback)).status).toBe(303);
  });
});

describe("a refusal", () => {
  it("is a small page for a browser: coded, with nothing of the request in it, and it may not be framed", async () => {
    const marker = "</p><script>canary";
    const answer = await openBrowser(system.url).get(
      `/auth/callback?state=${encodeURIComponent(marker)}&error=x&error_description=${encodeURIComponent(marker)}`,
      { Accept: "text/html,application/xhtml+xml" },
    );
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(answer.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(answer.text).toContain("SIGN_IN_STATE_UNKNOWN");
    expect(answer.text).not.toContain("canary");
  });

  it("is coded JSON for everybody else", async () => {
    const answer = await openBrowser(system.url).get("/auth/callback");
    expect(answer.json.error).toEqual({
      code: "SIGN_IN_STATE_UNKNOWN",
      message: "this sign-in is unknown, over, or used already",
      hint: "start the sign-in again",
    });
  });

  it("and every other answer stays out of caches, and out of the next page's referrer", async () => {
    const browser = openBrowser(system.url);
    for (const answer of [
      await browser.get("/auth/sign-in"),
      await browser.get("/auth/callback"),
      await browser.get("/auth/nothing"),
    ]) {
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
      expect(answer.headers.get("access-control-allow-origin")).toBeNull();
    }
  });

  it("answers unknown paths and methods with a code", async () => {
    const browser = openBrowser(system.url);
    expect(await browser.get("/auth/__proto__")).toMatchObject({ status: 404, code: "NOT_FOUND" });
    expect(await browser.post("/auth/callback")).toMatchObject({ status: 405, code: "METHOD_NOT_ALLOWED" });
    for (const query of ["organization=a%20b", "login_hint=nobody", "organization[]=x&organization=%00"]) {
      expect(await browser.get(`/auth/sign-in?${query}`)).toMatchObject({
        status: 400,
        code: "REQUEST_MALFORMED",
      });
    }
  });
});
