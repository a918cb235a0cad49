import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { openBrowser, randomText, sessionOf, signedIn, startAuth } from "./support.ts";

const system = await startAuth();
const { browser, accessToken } = await signedIn(system, "owner@harbour.example");
const EVIL = "https://evil.example";

const PATHS = ["/auth/refresh", "/auth/sign-out", "/auth/desktop/start", "/auth/desktop/token"];

/** Requests that another site's page can make a browser send, cookies and all. */
const ATTACKS: [string, string, Record<string, string | undefined>, string][] = [
  [
    "a form of another site",
    "a=b",
    { Origin: EVIL, "Content-Type": "application/x-www-form-urlencoded" },
    "ORIGIN_REFUSED",
  ],
  ["a form with a JSON-like body", "{}", { Origin: EVIL, "Content-Type": "text/plain" }, "ORIGIN_REFUSED"],
  ["a form from a sandboxed frame", "{}", { Origin: "null", "Content-Type": "text/plain" }, "ORIGIN_REFUSED"],
  ["a script of another site", "{}", { Origin: EVIL }, "ORIGIN_REFUSED"],
  [
    "a script of another site with our header",
    "{}",
    { Origin: EVIL, "X-Bulkhead-Request": "1" },
    "ORIGIN_REFUSED",
  ],
  ["a script of a subdomain", "{}", { Origin: "http://x.127.0.0.1" }, "ORIGIN_REFUSED"],
  ["a script of another port", "{}", { Origin: "http://127.0.0.1:1" }, "ORIGIN_REFUSED"],
  ["a browser that says so", "{}", { "Sec-Fetch-Site": "cross-site" }, "ORIGIN_REFUSED"],
  ["a browser that says it is a sister site", "{}", { "Sec-Fetch-Site": "same-site" }, "ORIGIN_REFUSED"],
  [
    "a form of an old browser, without Origin",
    "a=b",
    { Origin: undefined, "Content-Type": "text/plain" },
    "CONTENT_TYPE_UNSUPPORTED",
  ],
  ["a JSON post with cookies, without Origin or our header", "{}", { Origin: undefined }, "ORIGIN_REFUSED"],
  [
    "our own page with a form",
    "a=b",
    { "Content-Type": "multipart/form-data; boundary=x" },
    "CONTENT_TYPE_UNSUPPORTED",
  ],
];

describe.each(PATHS)("%s", (path) => {
  it.each(ATTACKS)("refuses %s", async (_, body, headers, code) => {
    const answer = await browser.post(path, body, headers);
    expect(answer.code).toBe(code);
    expect(answer.headers.getSetCookie()).toEqual([]);
  });

  it("refuses GET: a link or an image must not do anything", async () => {
    expect(await browser.get(path)).toMatchObject({ status: 405, code: "METHOD_NOT_ALLOWED" });
  });

  it("answers no preflight, whoever asks", async () => {
    const answer = await fetch(new URL(path, system.url), {
      method: "OPTIONS",
      headers: {
        Origin: EVIL,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
      },
    });
    expect(answer.status).toBe(405);
    for (const name of answer.headers.keys()) expect(name).not.toMatch(/^access-control/);
  });

  it("refuses a body that is too large or no object", async () => {
    const code = async (body: string) => (await openBrowser(system.url).post(path, body)).code;
    expect(await code(JSON.stringify({ a: "x".repeat(9_000) }))).toBe("REQUEST_TOO_LARGE");
    for (const body of ["{", "[]", "null", '"canary"']) expect(await code(body)).toBe("REQUEST_MALFORMED");
  });
});

it("after all those attacks the session is as it was", async () => {
  expect((await sessionOf(system, accessToken)).status).toBe(200);
  expect((await browser.post("/auth/refresh")).status).toBe(200);
});

it("a request without Origin passes with our header, which no other origin's page can send", async () => {
  const answer = await browser.post("/auth/refresh", {}, { Origin: undefined, "X-Bulkhead-Request": "1" });
  expect(answer.status).toBe(200);
});

describe("after signing in, nobody is sent to another site", () => {
  it.each([
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\/evil.example/",
    "/\t/evil.example/",
    "/\n/evil.example/",
    "/.//evil.example/",
    "/a/..//evil.example/",
    "/%2e//evil.example",
    "javascript:alert(1)",
    "evil.example",
    " /inbox",
    "/\u0000",
    "/auth/sign-in",
    "/AUTH/sign-out",
    "/x/../auth/sign-in",
    `/${"a".repeat(2_001)}`,
  ])("return_to %j is refused", async (returnTo) => {
    const answer = await openBrowser(system.url).get(
      `/auth/sign-in?return_to=${encodeURIComponent(returnTo)}`,
    );
    expect(answer).toMatchObject({ status: 400, code: "RETURN_TO_REFUSED", location: null });
    expect(answer.headers.getSetCookie()).toEqual([]);
  });

  it("and a callback's own parameters do not decide where it goes", async () => {
    const one = openBrowser(system.url);
    const start = await one.get("/auth/sign-in?return_to=/inbox");
    const callback = await system.workos.signIn(start.location!, "owner@harbour.example");
    callback.searchParams.set("return_to", EVIL);
    callback.searchParams.set("redirect_uri", EVIL);
    expect((await one.get(callback.pathname + callback.search)).location).toBe(`${system.url}/inbox`);
  });

  it("and neither Host nor X-Forwarded-Host decides anything", async () => {
    const { request } = await import("node:http");
    const location = await new Promise<string | undefined>((resolve, reject) => {
      const url = new URL("/auth/sign-in", system.url);
      const headers = { Host: "evil.example", "X-Forwarded-Host": "evil.example" };
      request(url, { headers }, (response) => resolve(response.resume().headers.location))
        .on("error", reject)
        .end();
    });
    expect(new URL(location!).searchParams.get("redirect_uri")).toBe(`${system.url}/auth/callback`);
  });

  it("other servers' paths are left alone", async () => {
    const { createAuthRoutes } = await import("../../api/auth/routes.ts");
    const handle = createAuthRoutes({ config: { publicUrl: system.url } } as never);
    const server = createServer(
      (req, res) => void handle(req, res).then((handled) => res.end(String(handled))),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const path of ["/", "/authentic", "/graphql", `/x/auth/${randomText()}`]) {
      expect(await (await fetch(base + path)).text()).toBe("false");
    }
    server.closeAllConnections();
    server.close();
  });
});
