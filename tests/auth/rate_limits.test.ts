import { describe, expect, it } from "vitest";
import { clientAddress } from "../../api/auth/client_address.ts";
import { apiPool } from "../helpers/people.ts";
import { openBrowser, randomText, signedIn, sql, startAuth } from "./support.ts";

const system = await startAuth();

const from = (address: string) => ({ "X-Forwarded-For": address });

/** Asks until refused; how often it was let through. */
async function untilRefused(
  ask: () => Promise<{ status: number; code: string | undefined; headers: Headers }>,
  most = 200,
) {
  for (let passed = 0; passed < most; passed++) {
    const answer = await ask();
    if (answer.status === 429) return { passed, answer };
  }
  throw new Error("never refused");
}

describe("requests before anybody is signed in", () => {
  it("are limited by address: 429, a code and when to come back", async () => {
    const browser = openBrowser(system.url);
    const { passed, answer } = await untilRefused(() => browser.get("/auth/sign-in"));
    expect(passed).toBeGreaterThanOrEqual(30);
    expect(passed).toBeLessThan(40);
    expect(answer.code).toBe("RATE_LIMITED");
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(Number(answer.headers.get("retry-after"))).toBeLessThanOrEqual(2);
    // Others are not touched.
    expect((await openBrowser(system.url).get("/auth/sign-in")).status).toBe(302);
  });

  it("count together over all processes: it is a row", async () => {
    const address = "198.51.100.7";
    await untilRefused(() => openBrowser(system.url).get("/auth/sign-in", from(address)));
    const { rows } = await apiPool(system.database).query("select * from session.allow('sign_in', $1)", [
      address,
    ]);
    expect(rows[0]).toMatchObject({ allowed: false });
    expect((await openBrowser(system.secureUrl).get("/auth/sign-in", from(address))).status).toBe(429);
  });

  it("of one IPv6 network count as one: else each could come from another address", async () => {
    let host = 0;
    const { passed } = await untilRefused(() =>
      openBrowser(system.url).get("/auth/sign-in", from(`2001:db8:a:b::${(++host).toString(16)}`)),
    );
    expect(passed).toBeLessThan(40);
    expect((await openBrowser(system.url).get("/auth/sign-in", from("2001:db8:a:c::1"))).status).toBe(302);
  });

  it("do not escape their limit by what a client writes into X-Forwarded-For", async () => {
    const { passed } = await untilRefused(() =>
      openBrowser(system.url).get(
        "/auth/sign-in",
        from(`${randomText()}, 10.0.0.${Math.floor(Math.random() * 250)}, 198.51.100.9`),
      ),
    );
    expect(passed).toBeLessThan(40);
  });

  it.each([
    ["GET", "/auth/callback"],
    ["POST", "/auth/desktop/start"],
    ["POST", "/auth/desktop/token"],
    ["POST", "/auth/sign-out"],
    ["GET", "/auth/session"],
    ["POST", "/auth/refresh"],
  ])("are limited at %s %s", async (method, path) => {
    const browser = openBrowser(system.url);
    const { passed } = await untilRefused(
      () => (method === "GET" ? browser.get(path) : browser.post(path)),
      2_000,
    );
    expect(passed).toBeLessThan(1_000);
  });

  it("are limited by state too, from however many addresses", async () => {
    const state = `d${randomText()}`;
    const { passed } = await untilRefused(() =>
      openBrowser(system.url).get(`/auth/callback?code=a&state=${state}`),
    );
    expect(passed).toBe(3);
  });

  it("come back as the allowance drains, not before", async () => {
    const browser = openBrowser(system.url);
    await untilRefused(() => browser.get("/auth/sign-in"));
    await sql(system, "update session.rate_limits set busy_until = busy_until - interval '4.5 seconds'");
    const { passed } = await untilRefused(() => browser.get("/auth/sign-in"));
    expect(passed).toBeGreaterThanOrEqual(2);
    expect(passed).toBeLessThan(10);
  });

  it("keep no address and no state in the database, and nothing at all once they are drained", async () => {
    const rows = await sql(system, "select r::text as row from session.rate_limits r");
    expect(rows.length).toBeGreaterThan(0);
    for (const { row } of rows) expect(row).toMatch(/^\("\\\\x[0-9a-f]{64}","/);
    await sql(system, "update session.rate_limits set busy_until = now() - interval '1 second'");
    await system.database.pool("bulkhead_janitor", { max: 1 }).query("select session.clean_up()");
    expect(await sql(system, "select from session.rate_limits")).toEqual([]);
  });

  it("of many at once are counted exactly", async () => {
    const ask = () =>
      apiPool(system.database).query(
        "select allowed from session.allow('callback_state', null, 'one state')",
      );
    const answers = await Promise.all(Array.from({ length: 20 }, ask));
    expect(answers.filter(({ rows }) => rows[0].allowed)).toHaveLength(3);
  });
});

it("a refused refresh spends no token", async () => {
  const { browser } = await signedIn(system, "owner@harbour.example");
  const strangers = openBrowser(system.url);
  const { answer } = await untilRefused(
    () => strangers.post("/auth/refresh", {}, from(browser.address)),
    2_000,
  );
  expect(answer.code).toBe("RATE_LIMITED");
  expect((await browser.post("/auth/refresh")).code).toBe("RATE_LIMITED");
  await sql(system, "delete from session.rate_limits");
  expect((await browser.post("/auth/refresh")).status).toBe(200);
});

describe("the address that a request comes from", () => {
  const request = (remoteAddress: string, forwarded?: string | string[]) =>
    ({ socket: { remoteAddress }, headers: { "x-forwarded-for": forwarded } }) as never;

  it.each([
    ["the socket's own, without a trusted proxy", request("192.0.2.1", "10.0.0.1"), 0, "192.0.2.1"],
    ["what our proxy wrote", request("10.0.0.1", "6.6.6.6, 192.0.2.1"), 1, "192.0.2.1"],
    [
      "what the outer of our two proxies wrote",
      request("10.0.0.1", "6.6.6.6, 192.0.2.1, 10.0.0.2"),
      2,
      "192.0.2.1",
    ],
    ["the socket's, where a proxy wrote none", request("10.0.0.1"), 1, "10.0.0.1"],
    ["plain for IPv4 in IPv6", request("::ffff:192.0.2.1"), 0, "192.0.2.1"],
    ["without a zone", request("fe80::1%eth0"), 0, "fe80::1"],
    ["none, if it is none", request("10.0.0.1", "unknown"), 1, null],
  ] as const)("is %s", (_, from, proxies, address) => {
    expect(clientAddress(from, proxies)).toBe(address);
  });
});
