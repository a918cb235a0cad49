import { createHash, randomUUID } from "node:crypto";
import { expect, describe, it } from "vitest";
import { apiPool } from "../helpers/people.ts";
import {
  type Browser,
  openBrowser,
  randomText,
  sessionOf,
  signedIn,
  sql,
  startAuth,
  toCallback,
} from "./support.ts";

const system = await startAuth();
const LOOPBACK = "http://127.0.0.1:49152/signed-in";

/** A desktop app sends no Origin and keeps no cookies. */
const native = { Origin: undefined };

async function begin(
  redirectUri: string = LOOPBACK,
): Promise<{ app: Browser; verifier: string; authorizeUrl: string }> {
  const app = openBrowser(system.url);
  const verifier = randomText();
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const { json } = await app.post("/auth/desktop/start", { challenge, redirect_uri: redirectUri }, native);
  return { app, verifier, authorizeUrl: json.authorize_url };
}

async function comeBack(authorizeUrl: string, email = "owner@harbour.example") {
  const callback = await system.workos.signIn(authorizeUrl, email);
  return openBrowser(system.url).get(callback.pathname + callback.search);
}

describe("signing in from a desktop app", () => {
  it("ends with tokens for the app that began, by way of its loopback address", async () => {
    const { app, verifier, authorizeUrl } = await begin();
    const back = await comeBack(authorizeUrl);
    expect(back.status).toBe(302);
    const target = new URL(back.location!);
    expect(target.origin + target.pathname).toBe(LOOPBACK);
    expect([...target.searchParams.keys()]).toEqual(["grant"]);

    const grant = target.searchParams.get("grant");
    const { status, json, headers } = await app.post("/auth/desktop/token", { grant, verifier }, native);
    expect(status).toBe(200);
    expect(headers.getSetCookie()).toEqual([]);
    expect(Object.keys(json)).toEqual(["access_token", "expires_at", "refresh_token", "refresh_expires_at"]);
    const session = await sessionOf(system, json.access_token);
    expect(session.json).toMatchObject({ workspace_id: system.harbourId });
    const [row] = await sql(system, "select client from session.sign_ins where id = $1", [
      session.json.sign_in_id,
    ]);
    expect(row.client).toBe("desktop");

    const next = await app.post("/auth/refresh", { refresh_token: json.refresh_token }, native);
    expect(next.status).toBe(200);
    expect(next.json.refresh_token).not.toBe(json.refresh_token);
    expect(next.headers.getSetCookie()).toEqual([]);
    const out = await app.post("/auth/sign-out", { refresh_token: next.json.refresh_token }, native);
    expect(out.json).toEqual({ signed_out: true });
    expect((await sessionOf(system, next.json.access_token)).code).toBe("SESSION_REVOKED");
  });

  it("works over IPv6 loopback, and at a path of none", async () => {
    const { authorizeUrl } = await begin("http://[::1]:49152");
    expect((await comeBack(authorizeUrl)).location).toMatch(/^http:\/\/\[::1\]:49152\?grant=bhg_/);
  });

  it("tells the app when the person cancels", async () => {
    const { authorizeUrl } = await begin();
    const back = await comeBack(authorizeUrl, "nobody@nowhere.example");
    expect(back.location).toBe(`${LOOPBACK}?error=SIGN_IN_CANCELLED`);
  });
});

describe("an unsolicited callback", () => {
  it("of a sign-in that no app began is refused and leads nowhere", async () => {
    const answer = await openBrowser(system.url).get(`/auth/callback?code=abc&state=d${randomText()}`);
    expect(answer).toMatchObject({ status: 400, code: "SIGN_IN_STATE_UNKNOWN", location: null });
  });

  it("of a sign-in that called back before is refused", async () => {
    const { authorizeUrl } = await begin();
    await comeBack(authorizeUrl);
    expect(await comeBack(authorizeUrl)).toMatchObject({
      status: 400,
      code: "SIGN_IN_STATE_UNKNOWN",
      location: null,
    });
  });

  it("cannot turn a sign-in that began in a browser into one of an app, nor the other way round", async () => {
    const browser = openBrowser(system.url);
    const web = new URL(await toCallback(system, browser, "owner@harbour.example"), system.url);
    web.searchParams.set("state", `d${web.searchParams.get("state")!.slice(1)}`);
    expect(await browser.get(web.pathname + web.search)).toMatchObject({
      code: "SIGN_IN_STATE_UNKNOWN",
      location: null,
    });
    const { authorizeUrl } = await begin();
    const desktop = await system.workos.signIn(authorizeUrl, "owner@harbour.example");
    desktop.searchParams.set("state", `w${desktop.searchParams.get("state")!.slice(1)}`);
    expect((await browser.get(desktop.pathname + desktop.search)).code).toBe("SIGN_IN_STATE_UNKNOWN");
  });
});

it("the database knows which flow a sign-in is of, whatever its state looks like", async () => {
  const api = apiPool(system.database);
  const web = new URL(await toCallback(system, openBrowser(system.url), "owner@harbour.example"), system.url);
  const accept = "select * from session.accept_desktop_callback($1, 'sealed')";
  const { rows: asDesktop } = await api.query(accept, [web.searchParams.get("state")]);
  expect(asDesktop[0]).toEqual({ reason: "SIGN_IN_STATE_UNKNOWN", grant_token: null, return_to: null });
  const { authorizeUrl } = await begin();
  const submit = "select * from session.submit_web_sign_in($1, null, 'sealed', $2, null, null)";
  const state = new URL(authorizeUrl).searchParams.get("state");
  const { rows: asWeb } = await api.query(submit, [state, randomUUID()]);
  expect(asWeb[0]).toEqual({ reason: "SIGN_IN_STATE_UNKNOWN", call_id: null, return_to: null });
});

describe("a grant", () => {
  const grantOf = (location: string | null) => new URL(location!).searchParams.get("grant");

  it("is redeemed by the app's verifier only, and a wrong one uses it up", async () => {
    const { app, verifier, authorizeUrl } = await begin();
    const grant = grantOf((await comeBack(authorizeUrl)).location);
    const stolen = await openBrowser(system.url).post(
      "/auth/desktop/token",
      { grant, verifier: randomText() },
      native,
    );
    expect(stolen).toMatchObject({ status: 400, code: "SIGN_IN_VERIFIER_MISMATCH" });
    expect((await app.post("/auth/desktop/token", { grant, verifier }, native)).code).toBe(
      "SIGN_IN_STATE_UNKNOWN",
    );
  });

  it("is good once", async () => {
    const { app, verifier, authorizeUrl } = await begin();
    const grant = grantOf((await comeBack(authorizeUrl)).location);
    const both = await Promise.all(
      [1, 2].map(() => app.post("/auth/desktop/token", { grant, verifier }, native)),
    );
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 400]);
  });

  it("is good for two minutes", async () => {
    const { app, verifier, authorizeUrl } = await begin();
    const grant = grantOf((await comeBack(authorizeUrl)).location);
    const [{ left }] = await sql(
      system,
      "select extract(epoch from expires_at - now())::float as left from session.sign_in_attempts where grant_hash = sha256(convert_to($1, 'UTF8'))",
      [grant],
    );
    expect(left).toBeLessThanOrEqual(120);
    await sql(system, "update session.sign_in_attempts set expires_at = now()");
    expect((await app.post("/auth/desktop/token", { grant, verifier }, native)).code).toBe(
      "SIGN_IN_STATE_UNKNOWN",
    );
  });
});

describe("where an app may be called back", () => {
  it.each([
    "https://evil.example/",
    "http://evil.example:49152/",
    "http://localhost:49152/",
    "http://127.0.0.1/",
    "http://127.0.0.1:0/",
    "http://127.0.0.1:99999/",
    "http://127.0.0.1:49152@evil.example/",
    "http://127.0.0.1:49152.evil.example/",
    "http://user@127.0.0.1:49152/",
    "http://127.0.0.1:49152/?a=b",
    "http://127.0.0.1:49152/#a",
    "http://127.0.0.1:49152\\@evil.example/",
    "http://127.0.0.1:49152/\r\nSet-Cookie: a=b",
    "http://127.0.0.2:49152/",
    "http://0.0.0.0:49152/",
    "http://[::]:49152/",
    "bulkhead://signed-in",
    "javascript:alert(1)",
    "",
    null,
    ["http://127.0.0.1:49152/"],
  ])("is loopback by number and port: not %j", async (redirectUri) => {
    const answer = await openBrowser(system.url).post(
      "/auth/desktop/start",
      { challenge: randomText(), redirect_uri: redirectUri },
      native,
    );
    expect(answer).toMatchObject({ status: 400, code: "REDIRECT_URI_REFUSED" });
  });

  it("needs a challenge of the right form", async () => {
    for (const challenge of [undefined, "", "plain", "a".repeat(44)]) {
      const answer = await openBrowser(system.url).post(
        "/auth/desktop/start",
        { challenge, redirect_uri: LOOPBACK },
        native,
      );
      expect(answer.code).toBe("REQUEST_MALFORMED");
    }
  });
});

it("a desktop app's answer never takes a browser's cookie along", async () => {
  const { browser } = await signedIn(system, "owner@harbour.example");
  const answer = await browser.post("/auth/refresh", { refresh_token: `bhr_${randomText()}` });
  expect(answer).toMatchObject({ status: 401, code: "REFRESH_UNKNOWN" });
  expect(browser.cookies.has("bulkhead_refresh")).toBe(true);
});
