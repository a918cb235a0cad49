import { createServer as createHttp, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createHttps } from "node:https";
import { readFileSync } from "node:fs";
import type { AddressInfo, Server } from "node:net";
import { afterAll, describe, expect, test, vi } from "vitest";
import { type Resolve, isPublicAddress, pinned, publicAddresses } from "../../worker/egress/address.ts";
import { type EgressEvent, type EgressOptions, createEgress } from "../../worker/egress/client.ts";
import { EgressError } from "../../worker/egress/errors.ts";
import { guardMailServer, hasSignIn } from "../../worker/egress/mail_server.ts";
import { providerRules } from "../../worker/egress/rules/all.ts";
import { subprocessors } from "../../worker/egress/subprocessors.ts";
import { send } from "../../worker/egress/transport.ts";

const servers: Server[] = [];
afterAll(() => servers.forEach((server) => server.close()));

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

async function standin(listener: RequestListener): Promise<{ origin: string; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const port = await listen(
    createHttp((request, response) => {
      requests.push(request);
      listener(request, response);
    }),
  );
  return { origin: `http://127.0.0.1:${port}`, requests };
}

function withStandin(origin: string, options: EgressOptions = {}) {
  const events: EgressEvent[] = [];
  const egress = createEgress({
    production: false,
    standins: {
      "https://gmail.googleapis.com": origin,
      "https://oauth2.googleapis.com": origin,
      "https://*.my.salesforce.com": origin,
    },
    onCall: (event) => void events.push(event),
    ...options,
  });
  return { events, google: egress.fetch({ provider: "google", profile: "mailbox" }), egress };
}

const MESSAGES = "https://gmail.googleapis.com/gmail/v1/users/me/messages";
const never: Resolve = () => Promise.reject(new Error("nothing should be looked up"));

describe("what may leave", () => {
  test("a call that an operation describes leaves, and is one event without its address or content", async () => {
    const { origin, requests } = await standin((_request, response) => response.end('{"messages":[]}'));
    const { google, events } = withStandin(origin);
    const answer = await google(`${MESSAGES}?q=canary-query&maxResults=5`, {
      headers: { authorization: "Bearer canary-token" },
    });
    expect(await answer.json()).toEqual({ messages: [] });
    expect(requests[0]!.headers.authorization).toBe("Bearer canary-token");
    expect(events).toEqual([
      {
        provider: "google",
        operation: "messages.list",
        success: true,
        errorCode: null,
        durationMs: expect.any(Number),
      },
    ]);
    expect(JSON.stringify(events)).not.toContain("canary");
  });

  test.each([
    ["another host", "https://attacker.example/gmail/v1/users/me/messages", "GET", "EGRESS_HOST_REFUSED"],
    [
      "a host that ends like one",
      "https://evilgmail.googleapis.com/gmail/v1/users/me/messages",
      "GET",
      "EGRESS_HOST_REFUSED",
    ],
    [
      "a host in the user part",
      "https://gmail.googleapis.com@attacker.example/gmail/v1/users/me/messages",
      "GET",
      "EGRESS_HOST_REFUSED",
    ],
    [
      "a user part",
      "https://u:p@gmail.googleapis.com/gmail/v1/users/me/messages",
      "GET",
      "EGRESS_OPERATION_REFUSED",
    ],
    ["plain http", "http://gmail.googleapis.com/gmail/v1/users/me/messages", "GET", "EGRESS_HOST_REFUSED"],
    [
      "another port",
      "https://gmail.googleapis.com:8443/gmail/v1/users/me/messages",
      "GET",
      "EGRESS_HOST_REFUSED",
    ],
    ["an address", "https://127.0.0.1/gmail/v1/users/me/messages", "GET", "EGRESS_HOST_REFUSED"],
    ["the metadata service", "http://169.254.169.254/latest/meta-data", "GET", "EGRESS_HOST_REFUSED"],
    ["another provider's host", "https://graph.microsoft.com/v1.0/me/messages", "GET", "EGRESS_HOST_REFUSED"],
    ["deleting for good", `${MESSAGES}/18a/`, "DELETE", "EGRESS_OPERATION_REFUSED"],
    ["deleting many", `${MESSAGES}/batchDelete`, "POST", "EGRESS_OPERATION_REFUSED"],
    [
      "forwarding",
      "https://gmail.googleapis.com/gmail/v1/users/me/settings/forwardingAddresses",
      "POST",
      "EGRESS_OPERATION_REFUSED",
    ],
    [
      "filters",
      "https://gmail.googleapis.com/gmail/v1/users/me/settings/filters",
      "GET",
      "EGRESS_OPERATION_REFUSED",
    ],
    [
      "delegates",
      "https://gmail.googleapis.com/gmail/v1/users/me/settings/delegates",
      "GET",
      "EGRESS_OPERATION_REFUSED",
    ],
    [
      "another user",
      "https://gmail.googleapis.com/gmail/v1/users/ada%40example.com/messages",
      "GET",
      "EGRESS_OPERATION_REFUSED",
    ],
    ["an escaped slash", `${MESSAGES}/a%2F..%2Fsettings`, "GET", "EGRESS_OPERATION_REFUSED"],
    ["dots that climb", `${MESSAGES}/../settings/filters`, "GET", "EGRESS_OPERATION_REFUSED"],
    ["a parameter of no operation", `${MESSAGES}?access_token=canary`, "GET", "EGRESS_OPERATION_REFUSED"],
    ["no address at all", "canary", "GET", "EGRESS_OPERATION_REFUSED"],
  ])("%s is refused before it leaves", async (_what, url, method, code) => {
    const { origin, requests } = await standin((_request, response) => response.end());
    const { google, events } = withStandin(origin, { resolve: never });
    const error = await google(url, { method }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(EgressError);
    // `fetch` itself refuses an address with a user part; either way nothing left.
    expect(error).toMatchObject({
      code: url.includes("@attacker") || url.includes("u:p@") ? "EGRESS_OPERATION_REFUSED" : code,
    });
    expect(String((error as Error).stack)).not.toContain("canary");
    expect(requests).toEqual([]);
    expect(events).toMatchObject([{ success: false, operation: "refused" }]);
  });

  test("Salesforce is read by GET and by queries of the profile alone", async () => {
    const { origin, requests } = await standin((_request, response) => response.end("{}"));
    const { egress } = withStandin(origin);
    const deals = egress.fetch({ provider: "salesforce", profile: "deals" });
    const licenses = egress.fetch({ provider: "salesforce", profile: "licenses" });
    const other = egress.fetch({ provider: "salesforce", profile: "constructor" });
    const query = (q: string) =>
      `https://acme.my.salesforce.com/services/data/v62.0/query?q=${encodeURIComponent(q)}`;
    await deals(query("SELECT Id FROM Opportunity"));
    await licenses(query("SELECT UserId FROM LoginHistory"));
    await deals("https://acme.my.salesforce.com/services/data/v62.0/query/01gD0000002HU6K-2000");
    expect(requests).toHaveLength(3);
    for (const call of [
      deals(query("SELECT UserId FROM LoginHistory")),
      licenses(query("SELECT Id FROM Opportunity")),
      other(query("SELECT Id FROM Opportunity")),
      deals(`${query("SELECT Id FROM Opportunity")}&q=SELECT+Id+FROM+Lead`),
      deals(query("SELECT Id FROM Opportunity"), { method: "POST" }),
      deals("https://acme.my.salesforce.com/services/data/v62.0/sobjects/Opportunity", {
        method: "POST",
        body: "{}",
      }),
      deals("https://acme.my.salesforce.com/services/data/v62.0/sobjects/Opportunity/006x", {
        method: "PATCH",
        body: "{}",
      }),
      deals("https://acme.my.salesforce.com/services/data/v62.0/sobjects/Opportunity/006x", {
        method: "DELETE",
      }),
      deals("https://acme.my.salesforce.com/services/data/v62.0/sobjects/Opportunity/006x"),
      deals("https://acme.my.salesforce.com/services/data/v62.0/queryAll?q=SELECT+Id+FROM+Opportunity"),
      deals("https://acme.my.salesforce.com/services/data/v62.0/tooling/query?q=SELECT+Id+FROM+Opportunity"),
      deals("https://acme.my.salesforce.com/services/data/v62.0/jobs/query", { method: "POST", body: "{}" }),
      deals("https://acme.my.salesforce.com/services/apexrest/x"),
      deals("https://my.salesforce.com/services/data/v62.0/query?q=SELECT+Id+FROM+Opportunity"),
    ]) {
      await expect(call).rejects.toMatchObject({
        code: expect.stringMatching(/^EGRESS_(QUERY|OPERATION|HOST)_REFUSED$/),
      });
    }
    expect(requests).toHaveLength(3);
  });

  test("the confirmation comes last before a call leaves; without it nothing does", async () => {
    const { origin, requests } = await standin((_request, response) => response.end("{}"));
    const { egress, events } = withStandin(origin);
    const confirm = vi.fn(() => Promise.reject(new EgressError("EGRESS_LEASE_ENDED")));
    await expect(
      egress.fetch({ provider: "google", profile: "mailbox", confirm })(MESSAGES),
    ).rejects.toMatchObject({ code: "EGRESS_LEASE_ENDED" });
    expect(confirm).toHaveBeenCalledOnce();
    expect(requests).toEqual([]);
    expect(events).toMatchObject([
      { operation: "messages.list", success: false, errorCode: "EGRESS_LEASE_ENDED" },
    ]);
  });
});

describe("what comes back", () => {
  test.each([301, 302, 303, 307, 308])("a redirect (%i) is not followed", async (status) => {
    const elsewhere = await standin((_request, response) => response.end("{}"));
    const { origin } = await standin((_request, response) =>
      response.writeHead(status, { location: elsewhere.origin }).end(),
    );
    const { google } = withStandin(origin);
    await expect(google(MESSAGES, { redirect: "follow" })).rejects.toMatchObject({
      code: "EGRESS_REDIRECT_REFUSED",
    });
    expect(elsewhere.requests).toEqual([]);
  });

  test("an answer above the limit is cut off, announced or not", async () => {
    const announced = await standin((_request, response) =>
      response.writeHead(200, { "content-length": String(11 * 1024 * 1024) }).flushHeaders(),
    );
    await expect(withStandin(announced.origin).google(MESSAGES)).rejects.toMatchObject({
      code: "EGRESS_TOO_LARGE",
    });
    const unannounced = await standin((_request, response) => {
      const chunk = Buffer.alloc(1024 * 1024);
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on("drain", more);
      more();
    });
    await expect(withStandin(unannounced.origin).google(MESSAGES)).rejects.toMatchObject({
      code: "EGRESS_TOO_LARGE",
    });
  });

  test("a compressed answer is refused: none was asked for", async () => {
    const { origin, requests } = await standin((_request, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end("x"),
    );
    await expect(withStandin(origin).google(MESSAGES)).rejects.toMatchObject({ code: "EGRESS_UNREACHABLE" });
    expect(requests[0]!.headers["accept-encoding"]).toBe("identity");
  });

  test("silence ends the call, before the headers and in the middle of the body", async () => {
    const silent = await standin(() => {});
    await expect(withStandin(silent.origin, { timeoutMs: 100 }).google(MESSAGES)).rejects.toMatchObject({
      code: "EGRESS_TIMEOUT",
    });
    const stalled = await standin((_request, response) => void response.writeHead(200).write("{"));
    await expect(withStandin(stalled.origin, { timeoutMs: 100 }).google(MESSAGES)).rejects.toMatchObject({
      code: "EGRESS_TIMEOUT",
    });
  });

  test("an answer that is cut short is no answer", async () => {
    const { origin } = await standin((_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("{");
      setTimeout(() => response.destroy(), 20);
    });
    await expect(withStandin(origin).google(MESSAGES)).rejects.toMatchObject({ code: "EGRESS_UNREACHABLE" });
  });

  test("an error status is an answer, and an event that says so", async () => {
    const { origin } = await standin((_request, response) =>
      response.writeHead(429, { "retry-after": "7" }).end("{}"),
    );
    const { google, events } = withStandin(origin);
    const answer = await google(MESSAGES);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "7"]);
    expect(events).toMatchObject([{ success: false, errorCode: "HTTP_429" }]);
  });
});

describe("where it goes", () => {
  test.each([
    "10.1.2.3",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "198.18.0.1",
  ])("%s is no provider", (address) => expect(isPublicAddress({ address, family: 4 })).toBe(false));
  test.each([
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fd12::1",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::a00:1",
    "2002:a00:1::",
    "2001:db8::1",
    "2001::1",
    "ff02::1",
  ])("%s is no provider", (address) => expect(isPublicAddress({ address, family: 6 })).toBe(false));
  test("public addresses are", () => {
    expect(isPublicAddress({ address: "142.250.1.1", family: 4 })).toBe(true);
    expect(isPublicAddress({ address: "2a00:1450:4001::1", family: 6 })).toBe(true);
  });

  test("in production a name that leads inside is refused, even if it leads outside as well", async () => {
    const resolve: Resolve = async () => [
      { address: "142.250.1.1", family: 4 },
      { address: "127.0.0.1", family: 4 },
    ];
    const events: EgressEvent[] = [];
    const google = createEgress({ resolve, onCall: (event) => void events.push(event) }).fetch({
      provider: "google",
      profile: "mailbox",
    });
    await expect(google(MESSAGES)).rejects.toMatchObject({ code: "EGRESS_ADDRESS_REFUSED" });
    expect(events).toMatchObject([{ errorCode: "EGRESS_ADDRESS_REFUSED" }]);
  });

  test("a name is looked up once: a second answer cannot move the call (DNS rebinding)", async () => {
    const port = await listen(createHttp((_request, response) => response.end("pinned")));
    let asked = 0;
    const changing: Resolve = async () =>
      asked++ === 0 ? [{ address: "142.250.1.1", family: 4 }] : [{ address: "127.0.0.1", family: 4 }];
    expect(await publicAddresses("rebind.example", changing)).toEqual([
      { address: "142.250.1.1", family: 4 },
    ]);
    expect(asked).toBe(1);
    // The socket goes where the look-up that was handed over says; the name in the URL does not even exist.
    const answer = await send({
      url: new URL(`http://does-not-exist.invalid:${port}/`),
      method: "GET",
      headers: {},
      body: null,
      lookup: pinned([{ address: "127.0.0.1", family: 4 }]),
      maxBytes: 100,
      signal: AbortSignal.timeout(5000),
    });
    expect(await answer.text()).toBe("pinned");
  });

  test("an untrusted certificate is refused, whatever the environment says", async () => {
    const file = (name: string) => readFileSync(new URL(`./tls/${name}`, import.meta.url));
    const seen: string[] = [];
    const port = await listen(
      createHttps(
        { key: file("self_signed.key"), cert: file("self_signed.crt") },
        (request, response) => (seen.push(request.url!), response.end("{}")),
      ),
    );
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    const { google } = withStandin(`https://localhost:${port}`);
    await expect(google(MESSAGES)).rejects.toMatchObject({ code: "EGRESS_TLS_REFUSED" });
    vi.unstubAllEnvs();
    expect(seen).toEqual([]);
  });

  test("stand-ins are refused in production", () => {
    expect(() =>
      createEgress({ standins: { "https://gmail.googleapis.com": "http://127.0.0.1:1" } }),
    ).toThrowError(expect.objectContaining({ code: "EGRESS_CONFIGURATION" }));
  });
});

describe("a mail server that a person names", () => {
  const outside: Resolve = async () => [{ address: "142.250.1.1", family: 4 }];
  test("is connected to by a checked address, on a mail port, under its own name", async () => {
    expect(await guardMailServer({ host: "mail.example.com", port: 465 }, { resolve: outside })).toEqual({
      address: "142.250.1.1",
      port: 465,
      servername: "mail.example.com",
      implicitTls: true,
    });
  });
  test.each([
    ["mail.example.com", 22],
    ["mail.example.com", 25],
    ["mail.example.com", 5432],
    ["localhost", 465],
    ["127.0.0.1", 465],
    ["[::1]", 465],
    ["2130706433", 465],
    ["mail.example.com\r\nX: y", 465],
    ["", 465],
  ])("%s:%i is refused", async (host, port) => {
    await expect(guardMailServer({ host, port }, { resolve: never })).rejects.toMatchObject({
      code: "EGRESS_HOST_REFUSED",
    });
  });
  test("that leads inside is refused", async () => {
    const inside: Resolve = async () => [{ address: "10.0.0.5", family: 4 }];
    await expect(
      guardMailServer({ host: "mail.example.com", port: 993 }, { resolve: inside }),
    ).rejects.toMatchObject({ code: "EGRESS_ADDRESS_REFUSED" });
  });
  test("of a provider with a sign-in of its own is told apart", () => {
    for (const host of [
      "smtp.gmail.com",
      "imap.gmail.com",
      "smtp.office365.com",
      "outlook.office365.com",
      "GMAIL.COM",
    ])
      expect(hasSignIn(host)).toBe(true);
    for (const host of ["mail.example.com", "notgmail.com", "gmail.com.example.com"])
      expect(hasSignIn(host)).toBe(false);
  });
});

test("the list of subprocessors names every host that may be called, and no other", () => {
  const listed = subprocessors();
  const called = Object.values(providerRules).flatMap(({ operations }) =>
    operations.flatMap(({ hosts }) => hosts),
  );
  expect(new Set(listed.flatMap(({ hosts }) => hosts))).toEqual(new Set(called));
  expect(listed.map(({ company }) => company)).toEqual([
    "Gong.io Inc.",
    "Google LLC",
    "Granola, Inc.",
    "Microsoft Corporation",
    "Nylas, Inc.",
    "Salesforce, Inc.",
  ]);
});
