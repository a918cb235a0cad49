import { describe, expect, test } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { startTestApi } from "../helpers/api.ts";
import { addMember, asMember, createWorkspace } from "../helpers/people.ts";
import { WATCH, beginConnection, declareMailbox, endConnection, openLine, watch } from "./support.ts";

const database = await createDatabase();
const admin = database.pool("postgres", { max: 2 });
await declareMailbox(database);
// No look without an event, but where a test says so.
const api = await startTestApi(database, { sealed: {}, subscriptionLimits: { recheckInterval: 3_600_000 } });
const owner = await createWorkspace(database, "Harbour");
const stranger = await createWorkspace(database, "Lighthouse");
const isNext = ({ type }: { type: string }) => type === "next";
const events = (line: { messages: any[] }) =>
  line.messages.filter(isNext).map(({ payload }) => payload.data?.connectionChanged);

describe("a subscription to connections", () => {
  test("tells a person of each change of their own connections", async () => {
    const person = await addMember(database, owner, "user");
    const line = await watch(database, api.url, person);
    const id = await beginConnection(database, person);
    expect((await line.next(isNext)).payload).toEqual({
      data: { connectionChanged: { rowId: id, state: "pending" } },
    });
    await endConnection(database, person, id);
    await line.next(({ payload }) => payload?.data?.connectionChanged?.state === "disconnected");
    line.send({ id: "1", type: "complete" });
    line.socket.close();
  });

  test("tells nobody of another tenant's, nor of a colleague's, not even that there was something", async () => {
    const person = await addMember(database, owner, "user");
    const colleague = await addMember(database, owner, "user");
    const theirs = await watch(database, api.url, stranger);
    const mine = await watch(database, api.url, person);
    await beginConnection(database, colleague);
    await beginConnection(database, colleague);
    const foreign = await beginConnection(database, stranger);
    const own = await beginConnection(database, person);
    await mine.next(isNext);
    await theirs.next(isNext);
    expect(events(mine)).toEqual([{ rowId: own, state: "pending" }]);
    expect(events(theirs)).toEqual([{ rowId: foreign, state: "pending" }]);
    mine.socket.close();
    theirs.socket.close();
  });

  test("tells who oversees the workspace of everybody's, as the query shows them", async () => {
    const colleague = await addMember(database, owner, "user");
    const line = await watch(database, api.url, owner);
    const id = await beginConnection(database, colleague);
    expect((await line.next(isNext)).payload.data.connectionChanged.rowId).toBe(id);
    line.socket.close();
  });

  test("takes its workspace from the session: no argument, no variable and no forged notification names another", async () => {
    const line = await watch(database, api.url, stranger);
    const id = await beginConnection(database, owner);
    // Somebody with a login names another tenant's row on this tenant's channel.
    const channel = `connections_${stranger.workspaceId.replaceAll("-", "")}`;
    for (const payload of [id, "canary", `${id}'`])
      await admin.query("select pg_notify($1, $2)", [channel, payload]);
    const own = await beginConnection(database, stranger);
    await line.next(isNext);
    expect(events(line)).toEqual([{ rowId: own, state: "pending" }]);
    line.socket.close();
  });

  test("goes on for longer than a request may take", async () => {
    const person = await addMember(database, owner, "user");
    const line = await watch(database, api.url, person);
    const now = performance.now.bind(performance);
    performance.now = () => now() + 3_600_000;
    try {
      const id = await beginConnection(database, person);
      expect((await line.next(isNext)).payload).toEqual({
        data: { connectionChanged: { rowId: id, state: "pending" } },
      });
    } finally {
      performance.now = now;
    }
    line.socket.close();
  });
});

const ends = {
  "that was ended": [
    "SESSION_REVOKED",
    (token: string) =>
      admin.query(
        "update session.tokens set revoked_at = now() where token_hash = sha256(convert_to($1, 'UTF8'))",
        [token],
      ),
  ],
  "that has expired": [
    "SESSION_EXPIRED",
    (token: string) =>
      admin.query(
        "update session.tokens set expires_at = statement_timestamp() - interval '1 second' where token_hash = sha256(convert_to($1, 'UTF8'))",
        [token],
      ),
  ],
} as const;

describe("a subscription ends with the session", () => {
  test.each(Object.entries(ends))("%s, at the next event", async (_, [code, end]) => {
    const person = await addMember(database, owner, "user");
    const line = await watch(database, api.url, person);
    const id = await beginConnection(database, person);
    await line.next(isNext);
    await end(person.accessToken);
    // The row's change goes out all the same; this session hears of it no more.
    await admin.query("update connections.connections set state = 'failed' where id = $1", [id]);
    expect(await line.closed).toEqual({ code: 4403, reason: code });
    expect(events(line)).toHaveLength(1);
    // Not as if there were nothing more to say.
    expect(line.messages.filter(({ type }) => type === "complete")).toEqual([]);
  });

  test("of a member who is suspended, at the next event (HLP-41)", async () => {
    const person = await addMember(database, owner, "user");
    const line = await watch(database, api.url, person);
    await asMember(database, owner.accessToken, (client) =>
      client.query("select tenancy.suspend_member($1)", [person.membershipId]),
    );
    await beginConnection(database, owner);
    expect(await line.closed).toEqual({ code: 4403, reason: "SESSION_SUSPENDED" });
    expect(events(line)).toEqual([]);
  });

  test("of a member whose role may no longer see connections; one who may see fewer sees fewer", async () => {
    const admin2 = await addMember(database, owner, "admin");
    const colleague = await addMember(database, owner, "user");
    const line = await watch(database, api.url, admin2);
    await asMember(database, owner.accessToken, (client) =>
      client.query("select tenancy.change_member_role($1, 'user')", [admin2.membershipId]),
    );
    await beginConnection(database, colleague);
    const own = await beginConnection(database, admin2);
    await line.next(isNext);
    expect(events(line)).toEqual([{ rowId: own, state: "pending" }]);
    await admin.query(
      "delete from tenancy.role_permissions where role_key = 'user' and permission_key = 'connections.read'",
    );
    try {
      await beginConnection(database, owner);
      expect(await line.closed).toEqual({ code: 4403, reason: "PERMISSION_DENIED" });
    } finally {
      await admin.query(
        "insert into tenancy.role_permissions (role_key, permission_key) values ('user', 'connections.read')",
      );
    }
  });

  test("without any event, at the next look", async () => {
    const looking = await startTestApi(database, { sealed: {}, subscriptionLimits: { recheckInterval: 50 } });
    const person = await addMember(database, owner, "user");
    const line = await watch(database, looking.url, person);
    await admin.query(
      "update session.tokens set revoked_at = now() where token_hash = sha256(convert_to($1, 'UTF8'))",
      [person.accessToken],
    );
    expect(await line.closed).toEqual({ code: 4403, reason: "SESSION_REVOKED" });
    await looking.close();
  });
});

test("a session that ended between the first message and the second has no subscription", async () => {
  const person = await addMember(database, owner, "user");
  const line = await openLine(api.url);
  await line.init(person.accessToken);
  await ends["that was ended"][1](person.accessToken);
  line.send({ id: "1", type: "subscribe", payload: { query: WATCH } });
  const { payload } = await line.next(({ type }) => type === "error");
  expect(payload[0].extensions.code).toBe("SESSION_REVOKED");
  line.socket.close();
});

describe("when the connection to the database is lost", () => {
  test("clients are told to come back, and then hear of their own again and of nobody else's", async () => {
    const person = await addMember(database, owner, "user");
    const line = await watch(database, api.url, person);
    await admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'bulkhead api changes'",
    );
    expect(await line.closed).toEqual({ code: 1012, reason: "UNAVAILABLE" });
    expect(line.messages.filter(({ type }) => type === "complete")).toEqual([]);
    // Refused until changes can be heard again.
    for (;;) {
      const probe = await openLine(api.url);
      if (probe.socket.readyState === probe.socket.OPEN) {
        probe.socket.close();
        break;
      }
      expect(JSON.parse((await probe.closed).reason).errors[0].extensions.code).toBe("UNAVAILABLE");
    }
    const again = await watch(database, api.url, person);
    await beginConnection(database, stranger);
    const id = await beginConnection(database, person);
    await again.next(isNext);
    expect(events(again)).toEqual([{ rowId: id, state: "pending" }]);
    again.socket.close();
  });
});

describe("when the process stops", () => {
  test("sockets are closed, and none is left open", async () => {
    const stopping = await startTestApi(database, { sealed: {} });
    const line = await openLine(stopping.url);
    await line.init(owner.accessToken);
    line.send({ id: "1", type: "subscribe", payload: { query: WATCH } });
    await stopping.close();
    expect((await line.closed).code).toBe(1001);
    const { rows } = await admin.query(
      "select count(*)::integer as open from pg_stat_activity where datname = current_database() and application_name = 'bulkhead api changes'",
    );
    expect(rows[0].open).toBe(1);
  });
});
