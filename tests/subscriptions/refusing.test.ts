import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { startTestApi } from "../helpers/api.ts";
import { createDatabase } from "../helpers/database.ts";
import { addMember, createWorkspace } from "../helpers/people.ts";
import { type Line, type LineOptions, WATCH, listening, openLine } from "./support.ts";

const database = await createDatabase();
const limits = {
  maxSockets: 12,
  maxStrangers: 4,
  maxSocketsPerPerson: 3,
  maxSubscriptionsPerPerson: 4,
  maxUnreadBytes: 100_000,
  initTimeout: 400,
};
const api = await startTestApi(database, { sealed: {}, subscriptionLimits: limits });
const owner = await createWorkspace(database, "Harbour");
const evil = "https://evil.example";

const codeOf = async (line: Line) => {
  const { code, reason } = await line.closed;
  return [code, reason.startsWith("{") ? JSON.parse(reason).errors[0].extensions.code : reason];
};
/** The answer to one subscribe message. */
async function ask(line: Line, payload: object, id = Math.random().toString()): Promise<any> {
  line.send({ id, type: "subscribe", payload });
  return line.next((message) => message.id === id);
}
const codes = (answer: any) =>
  (answer.type === "error" ? answer.payload : (answer.payload?.errors ?? [])).map(
    (error: any) => error.extensions?.code,
  );
async function signedIn(options?: LineOptions): Promise<Line> {
  const line = await openLine(api.url, options);
  await line.init(owner.accessToken);
  return line;
}
const closeAll = async (lines: Line[]) => {
  for (const { socket } of lines) socket.close();
  await Promise.all(lines.map(({ closed }) => closed));
};

describe("a socket is refused before it is one", () => {
  test.each<[string, LineOptions, unknown[]]>([
    ["from a page of another site", { origin: evil }, [403, "ORIGIN_REFUSED"]],
    ["from a sandboxed frame", { origin: "null" }, [403, "ORIGIN_REFUSED"]],
    ["from a subdomain", { origin: "http://x.127.0.0.1" }, [403, "ORIGIN_REFUSED"]],
    ["from another port", { origin: "http://127.0.0.1:1" }, [403, "ORIGIN_REFUSED"]],
    ["from a browser that says so", { headers: { "sec-fetch-site": "cross-site" } }, [403, "ORIGIN_REFUSED"]],
    [
      "from a sister site, with a good token",
      { headers: { "sec-fetch-site": "same-site", authorization: `Bearer ${owner.accessToken}` } },
      [403, "ORIGIN_REFUSED"],
    ],
    ["at another address", { path: "/" }, [404, "NOT_FOUND"]],
    ["in another protocol", { protocol: "graphql-ws" }, [400, "REQUEST_MALFORMED"]],
  ])("%s", async (_, options, expected) => {
    expect(await codeOf(await openLine(api.url, options))).toEqual(expected);
  });

  test("our own page's is not", async () => {
    await closeAll([await signedIn({ origin: "http://127.0.0.1" })]);
  });
});

describe("a socket is nobody's until a token was looked up", () => {
  test.each<[string, object, string]>([
    ["without a token", {}, "UNAUTHENTICATED"],
    ["with something else", { authorization: "Basic abc" }, "AUTHORIZATION_MALFORMED"],
    ["with a list", { authorization: ["Bearer a"] }, "AUTHORIZATION_MALFORMED"],
    ["with no token of ours", { authorization: "Bearer canary" }, "SESSION_MALFORMED"],
    [
      "with a token that was changed",
      { authorization: `Bearer ${owner.accessToken.slice(0, -4)}AAAA` },
      "SESSION_SIGNATURE_INVALID",
    ],
  ])("and %s it ends with a code, and is never answered", async (_, payload, code) => {
    const line = await openLine(api.url);
    line.send({ type: "connection_init", payload });
    line.send({ id: "1", type: "subscribe", payload: { query: WATCH } });
    const { code: status, reason } = await line.closed;
    // The second message came too early, or the first was refused: whichever was looked at first.
    expect([`4403 ${code}`, "4401 Unauthorized"]).toContain(`${status} ${reason}`);
    expect(line.messages).toEqual([]);
  });

  test("a token in the address counts for nothing", async () => {
    const line = await openLine(api.url, {
      path: `/graphql?access_token=${owner.accessToken}&authorization=Bearer%20${owner.accessToken}`,
    });
    line.send({ type: "connection_init" });
    expect(await codeOf(line)).toEqual([4403, "UNAUTHENTICATED"]);
  });

  test("a header does as well as the first message, where one can be set", async () => {
    const line = await openLine(api.url, { headers: { authorization: `Bearer ${owner.accessToken}` } });
    await line.init(null);
    await closeAll([line]);
    const bad = await openLine(api.url, { headers: { authorization: "Bearer canary" } });
    bad.send({ type: "connection_init", payload: { authorization: `Bearer ${owner.accessToken}` } });
    expect(await codeOf(bad)).toEqual([4403, "SESSION_MALFORMED"]);
  });

  test("it is given up when nobody says who it is", async () => {
    const line = await openLine(api.url);
    expect((await line.closed).code).toBe(4408);
  });

  test("nothing of a token is logged", () => {
    expect(api.lines.join("\n")).not.toContain(owner.accessToken.slice(0, 40));
    expect(api.lines.join("\n")).not.toContain("canary");
  });
});

describe("what is subscribed passes what every request passes", () => {
  test("queries and mutations do not go over a socket, and subscriptions not over HTTP", async () => {
    const line = await signedIn();
    expect(codes(await ask(line, { query: "{ currentPerson { name } }" }))).toEqual(["SUBSCRIPTION_ONLY"]);
    expect(
      codes(await ask(line, { query: `mutation { createTeam(input: { name: "x" }) { team { name } } }` })),
    ).toEqual(["SUBSCRIPTION_ONLY"]);
    await closeAll([line]);
    const { codes: overHttp, status } = await api.ask(owner.accessToken, WATCH);
    expect([status, overHttp]).toEqual([400, ["SUBSCRIPTION_NEEDS_WEBSOCKET"]]);
  });

  test.each<[string, object, string]>([
    ["syntax", { query: "subscription { connectionChanged {" }, "QUERY_SYNTAX"],
    ["a field that is not there", { query: "subscription { canary }" }, "GRAPHQL_INVALID"],
    [
      "two subscriptions in one",
      { query: "subscription { connectionChanged { state } b: connectionChanged { state } }" },
      "GRAPHQL_INVALID",
    ],
    [
      "too deep",
      { query: `subscription { connectionChanged ${"{ person ".repeat(40)}{ name }${" }".repeat(40)} }` },
      "QUERY_TOO_DEEP",
    ],
    [
      "too large a page",
      { query: "subscription { connectionChanged { calls(first: 5000) { nodes { rowId } } } }" },
      "PAGE_TOO_LARGE",
    ],
    [
      "an operation that is not in the document",
      { query: WATCH, operationName: "Canary" },
      "SUBSCRIPTION_ONLY",
    ],
  ])("%s", async (_, payload, code) => {
    const line = await signedIn();
    expect(codes(await ask(line, payload))).toEqual([code]);
    await closeAll([line]);
  });

  test("a message that is too long, or none at all, ends the socket", async () => {
    const long = await signedIn();
    long.send({ id: "1", type: "subscribe", payload: { query: `${WATCH}${" ".repeat(70_000)}` } });
    expect((await long.closed).code).toBe(1009);
    const odd = await signedIn();
    odd.socket.send("canary");
    expect(await odd.closed).toEqual({ code: 4400, reason: "Invalid message received" });
  });

  test("where only trusted documents run, only they are subscribed", async () => {
    const id = createHash("sha256").update(WATCH).digest("hex");
    const file = path.join(os.tmpdir(), `bulkhead-documents-${process.pid}.json`);
    writeFileSync(file, JSON.stringify({ [id]: WATCH }));
    const production = await startTestApi(database, {
      sealed: {},
      config: { development: false, persistedOperations: file },
    });
    const line = await openLine(production.url);
    await line.init(owner.accessToken);
    expect(codes(await ask(line, { query: WATCH }))).toEqual(["DOCUMENT_REQUIRED"]);
    expect(codes(await ask(line, { query: "", documentId: "canary" }))).toEqual(["DOCUMENT_UNKNOWN"]);
    line.send({ id: "9", type: "subscribe", payload: { query: "", extensions: { documentId: id } } });
    await listening(database, owner);
    expect(line.messages.filter(({ id: of }) => of === "9")).toEqual([]);
    await production.close();
  });
});

describe("nobody takes all", () => {
  test("strangers of one address, sockets and subscriptions of one person", async () => {
    const strangers = await Promise.all([1, 2, 3, 4].map(() => openLine(api.url)));
    expect(await codeOf(await openLine(api.url))).toEqual([429, "TOO_MANY_SOCKETS"]);
    await closeAll(strangers);

    const person = await addMember(database, owner, "user");
    const mine: Line[] = [];
    for (let n = 0; n < limits.maxSocketsPerPerson; n += 1) {
      const line = await openLine(api.url);
      await line.init(person.accessToken);
      mine.push(line);
    }
    const fourth = await openLine(api.url);
    fourth.send({ type: "connection_init", payload: { authorization: `Bearer ${person.accessToken}` } });
    expect(await codeOf(fourth)).toEqual([4403, "TOO_MANY_SOCKETS"]);

    const [first, second] = mine as [Line, Line, Line];
    for (const id of ["1", "2"])
      for (const line of [first, second]) line.send({ id, type: "subscribe", payload: { query: WATCH } });
    await listening(database, person);
    const refused = await ask(mine[2]!, { query: WATCH });
    expect(codes(refused)).toEqual(["TOO_MANY_SUBSCRIPTIONS"]);
    // One that ends makes room for another, and so does a socket.
    first.send({ id: "1", type: "complete" });
    for (;;) {
      mine[2]!.send({ id: "again", type: "subscribe", payload: { query: WATCH } });
      const answer = await Promise.race([
        mine[2]!.next(({ id, type }) => id === "again" && type === "error").then(() => "refused"),
        new Promise((resolve) => setTimeout(() => resolve("running"), 200)),
      ]);
      if (answer === "running") break;
      mine[2]!.messages.length = 0;
    }
    await closeAll([first]);
    const fifth = await openLine(api.url);
    await fifth.init(person.accessToken);
    await closeAll([second, mine[2]!, fifth]);
  });

  test("a client that asks and does not read is cut off before its answers fill the memory", async () => {
    const line = await signedIn();
    const times = 500;
    let answers = 0;
    const last = new Promise<void>((resolve) => {
      line.socket.on("message", () => (answers += 1) === times && resolve());
    });
    line.socket.pause();
    for (let n = 0; n < times; n += 1) line.send({ type: "ping", payload: { text: "x".repeat(60_000) } });
    // Until the server has taken all of it, or has cut the connection.
    while (line.socket.bufferedAmount > 0 && line.socket.readyState === line.socket.OPEN)
      await new Promise((resolve) => setTimeout(resolve, 10));
    line.socket.resume();
    await Promise.race([last, line.closed]);
    expect(answers).toBeLessThan(times);
    await line.closed;
  });

  test("and a process has room for so many", async () => {
    const lines: Line[] = [];
    while (lines.length < limits.maxSockets) {
      const person = await addMember(database, owner, "user");
      for (let n = 0; n < limits.maxSocketsPerPerson; n += 1) {
        const line = await openLine(api.url);
        await line.init(person.accessToken);
        lines.push(line);
      }
    }
    expect(await codeOf(await openLine(api.url))).toEqual([429, "TOO_MANY_SOCKETS"]);
    await closeAll(lines);
    await closeAll([await signedIn()]);
  });
});
