import { beforeAll, describe, expect, it, vi } from "vitest";
import { startTestApi } from "../helpers/api.ts";
import type { TestApi } from "../helpers/api.ts";
import { createDatabase } from "../helpers/database.ts";
import type { TestDatabase } from "../helpers/database.ts";
import { createWorkspace } from "../helpers/people.ts";
import type { SignedIn } from "../helpers/people.ts";

let database: TestDatabase;
let api: TestApi;
let production: TestApi;
let owner: SignedIn;

beforeAll(async () => {
  database = await createDatabase();
  api = await startTestApi(database);
  production = await startTestApi(database, { config: { development: false } });
  owner = await createWorkspace(database, "Alpha");
});

const bearer = () => ({ authorization: `Bearer ${owner.accessToken}` });
const query = JSON.stringify({ query: "{ currentPerson { rowId } }" });

describe("GraphQL over HTTP", () => {
  it("is asked by POST only", async () => {
    for (const method of ["GET", "PUT", "DELETE", "OPTIONS", "HEAD"]) {
      const response = await fetch(`${api.url}/graphql?query={__typename}`, { method, headers: bearer() });
      expect(response.status).toBe(405);
      expect(response.headers.get("allow")).toBe("POST");
      expect(response.headers.get("access-control-allow-origin")).toBe(null);
    }
  });

  it("is asked with application/json only, which no form can send", async () => {
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "application/graphql",
      "application/json, text/plain",
      "multipart/form-data; boundary=x",
    ]) {
      const answer = await api.send(query, { headers: { ...bearer(), "content-type": type } });
      expect(answer, type).toMatchObject({ status: 415, codes: ["CONTENT_TYPE_UNSUPPORTED"] });
    }
    for (const type of ["application/json; charset=utf-8", "application/JSON;charset=UTF-8"]) {
      expect((await api.send(query, { headers: { ...bearer(), "content-type": type } })).status).toBe(200);
    }
  });

  it("is not asked from another site's page", async () => {
    for (const site of ["cross-site", "same-site"]) {
      const answer = await api.send(query, { headers: { ...bearer(), "sec-fetch-site": site } });
      expect(answer).toMatchObject({ status: 403, codes: ["ORIGIN_REFUSED"] });
    }
  });

  it("does not count a cookie as a session", async () => {
    const answer = await api.send(query, {
      headers: { cookie: `token=${owner.accessToken}; session=${owner.refreshToken}` },
    });
    expect(answer).toMatchObject({ status: 401, codes: ["UNAUTHENTICATED"] });
  });

  it("is refused in batches, as anything but an object, and above its size", async () => {
    const send = (body: unknown) => api.send(body, { headers: bearer() });
    expect(await send([{ query: "{ __typename }" }])).toMatchObject({
      status: 400,
      codes: ["BATCHING_DISABLED"],
    });
    for (const body of [
      "null",
      '"text"',
      "1",
      "{",
      "",
      '{"query": 1}',
      '{"query": "{ __typename }", "variables": []}',
      '{"query": "{ __typename }", "operationName": {}}',
    ]) {
      expect(await send(body), body).toMatchObject({ status: 400, codes: ["REQUEST_MALFORMED"] });
    }
    const large = { query: "{ __typename }", variables: { x: "x".repeat(1_100_000) } };
    expect(await send(large)).toMatchObject({ status: 413, codes: ["REQUEST_TOO_LARGE"] });
  });

  it("does not quote a body that it cannot read", async () => {
    const answer = await api.send('{"query": "{ __typename }", "variables": {"secret": "canary" canary', {
      headers: bearer(),
    });
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain("canary");
  });

  it("answers with headers that keep it out of caches and frames, and a request id of its own", async () => {
    const { headers } = await api.send(query, { headers: { ...bearer(), "x-request-id": "mine" } });
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.get("x-powered-by")).toBe(null);
    expect(headers.get("access-control-allow-origin")).toBe(null);
  });
});

describe("what the database sees of a request", () => {
  it("is its id, and the address and client that are noted for its sign-in once", async () => {
    const admin = database.pool("postgres");
    const { rows } = await admin.query(
      "select pg_get_functiondef('tenancy.create_team(text)'::regprocedure) as sql",
    );
    await admin.query(
      `create or replace function tenancy.create_team(name text) returns tenancy.teams language sql as $body$
       select null::uuid, null::uuid, concat_ws('|', current_setting('request.id', true), current_setting('request.origin', true)), now() $body$`,
    );
    const create = { query: 'mutation { createTeam(input: { name: "x" }) { team { name } } }' };
    const headers = { ...bearer(), "user-agent": "tests/1", "x-forwarded-for": "192.0.2.7" };
    const originOf = async (answer: { data: any; headers: Headers }) => {
      const [id, origin] = answer.data.createTeam.team.name.split("|");
      expect(id).toBe(answer.headers.get("x-request-id"));
      const found = await admin.query("select id, address, user_agent from audit.origins where id = $1", [
        origin,
      ]);
      return found.rows[0];
    };
    const direct = await originOf(await api.send(create, { headers }));
    expect(direct).toMatchObject({ address: "127.0.0.1", user_agent: "tests/1" });
    expect(await originOf(await api.send(create, { headers }))).toEqual(direct);
    const proxied = await startTestApi(database, { config: { trustedProxies: 1 } });
    const behind = await proxied.send(create, {
      headers: { ...headers, "x-forwarded-for": "203.0.113.9, 192.0.2.7" },
    });
    expect(await originOf(behind)).toMatchObject({ address: "192.0.2.7", user_agent: "tests/1" });
    await admin.query(rows[0].sql);
  });
});

describe("the other routes", () => {
  it("say that the process is healthy", async () => {
    const response = await fetch(`${production.url}/healthz`);
    expect([response.status, await response.json()]).toEqual([200, { status: "ok" }]);
  });

  it("have the explorer in development only, and let it load nothing from elsewhere", async () => {
    const response = await fetch(`${api.url}/`);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("ruru");
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect((await fetch(`${production.url}/`)).status).toBe(404);
    expect((await fetch(`${production.url}/ruru-static/ruru.js`)).status).toBe(404);
  });

  it("have sign-in", async () => {
    expect((await fetch(`${production.url}/auth/session`)).status).not.toBe(404);
  });

  it("answer anything else with a coded 404", async () => {
    const response = await fetch(`${production.url}/etc/passwd`);
    expect([response.status, await response.json()]).toMatchObject([
      404,
      { errors: [{ extensions: { code: "NOT_FOUND" } }] },
    ]);
  });
});

describe("in production, an API", () => {
  it("does not show its schema, nor run a query that is in no file", async () => {
    const answer = await production.send({ query: "{ __schema { types { name } } }" }, { headers: bearer() });
    expect(answer).toMatchObject({ status: 400, codes: ["DOCUMENT_REQUIRED"] });
  });
});

describe("a request that takes too long", () => {
  it("is answered with TIMEOUT by the API itself, should the database not have given up before", async () => {
    const other = await startTestApi(database, { config: { requestTimeout: 300, statementTimeout: 5_000 } });
    const admin = database.pool("postgres");
    const { rows } = await admin.query(
      "select pg_get_functiondef('tenancy.create_team(text)'::regprocedure) as sql",
    );
    await admin.query(
      `create or replace function tenancy.create_team(name text) returns tenancy.teams language sql as
       'select null::tenancy.teams from pg_sleep(2)'`,
    );
    const create = { query: 'mutation { createTeam(input: { name: "x" }) { team { name } } }' };
    expect(await other.send(create, { headers: bearer() })).toMatchObject({
      status: 503,
      codes: ["TIMEOUT"],
    });
    await admin.query(rows[0].sql);
  });
});

describe("an API that stops", () => {
  it("answers what is under way, then takes no more", async () => {
    const other = await startTestApi(database);
    const admin = database.pool("postgres");
    const { rows: functions } = await admin.query(
      "select pg_get_functiondef('tenancy.create_team(text)'::regprocedure) as sql",
    );
    await admin.query(
      `create or replace function tenancy.create_team(name text) returns tenancy.teams language sql as
       'select null::tenancy.teams from pg_advisory_xact_lock(1)'`,
    );
    const blocker = await admin.connect();
    await blocker.query("select pg_advisory_lock(1)");
    const underWay = other.send(
      { query: 'mutation { createTeam(input: { name: "x" }) { team { name } } }' },
      { headers: bearer() },
    );
    const waiting = () => admin.query("select from pg_locks where locktype = 'advisory' and not granted");
    await vi.waitUntil(async () => (await waiting()).rowCount === 1, { timeout: 20_000 });
    const closing = other.close();
    await blocker.query("select pg_advisory_unlock(1)");
    blocker.release();
    expect(await underWay).toMatchObject({ status: 200, errors: [] });
    await closing;
    await admin.query(functions[0].sql);
    await expect(fetch(`${other.url}/healthz`)).rejects.toThrow();
  });

  it("says so when the database is gone, naming nothing", async () => {
    const scratch = await createDatabase();
    const other = await startTestApi(scratch);
    await scratch.drop();
    const answer = await other.send(query, { headers: bearer() });
    expect(answer).toMatchObject({ status: 503, codes: ["UNAVAILABLE"] });
    expect(answer.text).not.toContain(scratch.name);
    expect((await fetch(`${other.url}/healthz`)).status).toBe(503);
  });
});
