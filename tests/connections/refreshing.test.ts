import { afterEach, describe, expect, test } from "vitest";
import { openConnection } from "../../worker/connections/open.ts";
import { refreshConnection } from "../../worker/connections/refresh.ts";
import { useConnection } from "../../worker/connections/use.ts";
import type { Ticket } from "../../worker/runtime/ticket.ts";
import { addMember, createWorkspace } from "../helpers/people.ts";
import { type Seen, call, connect, connectionWhen, startConnectionsSystem, until } from "./system.ts";
import { jobsOf } from "./jobs.ts";

const system = await startConnectionsSystem();
const { database, all } = system;
const { anotherWorker, jobFor } = jobsOf(system);
const owner = await createWorkspace(database, "Harbour");
const admin = database.pool("postgres", { max: 2 });

afterEach(() => {
  for (const standin of Object.values(all.standins)) standin.recover();
});

/** Makes a stored token look as if it had ended: its plaintext still says when it does. */
async function expire(connection: Seen): Promise<void> {
  await admin.query("update connections.credentials set expires_at = now() where connection_id = $1", [
    connection.id,
  ]);
}

describe.each([
  ["salesforce", "deals", /oauth2\/token$/],
  ["gong", "calls", /customer-token$/],
  ["google", "mailbox", /^\/token$/],
] as const)("%s", (provider, profile, tokenPath) => {
  const standin = all.standins[provider];
  const refreshes = () =>
    standin.requests.filter(({ path, body }) => tokenPath.test(path) && body.grant_type === "refresh_token")
      .length;

  test("two hundred who want the next token at once, in two workers, cause one refresh", async () => {
    const person = await addMember(database, owner, "user");
    const connection = await connect(system, person, provider, profile);
    await expire(connection);
    const jobs = await Promise.all([jobFor(person, connection), jobFor(person, connection)]);
    const workers = [anotherWorker(), anotherWorker()];
    const opened = await Promise.all(
      jobs.map(({ ticket }, i) => openConnection(workers[i]!, ticket, connection.id)),
    );
    standin.fail({ kind: "slow", ms: 300, path: tokenPath });
    const before = refreshes();
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        refreshConnection(workers[i % 2]!, jobs[i % 2]!.ticket, opened[i % 2]!),
      ),
    );
    expect(refreshes() - before).toBe(1);
    expect(new Set(results.map(({ version }) => version))).toEqual(new Set([2]));
    expect(new Set(results.map(({ credential }) => credential.accessToken)).size).toBe(1);
  });

  test("a token that the provider refuses is refreshed once, and the work done again", async () => {
    const person = await addMember(database, owner, "user");
    const connection = await connect(system, person, provider, profile);
    const { ticket } = await jobFor(person, connection);
    const seen: (string | undefined)[] = [];
    const before = refreshes();
    const result = await useConnection(anotherWorker(), ticket, connection.id, async ({ credential }) => {
      seen.push(credential.accessToken);
      if (seen.length === 1)
        throw new (await import("../../worker/providers/provider_error.ts")).ProviderError(
          "PROVIDER_TOKEN_REJECTED",
        );
      return "done";
    });
    expect([result, seen.length, refreshes() - before]).toEqual(["done", 2, 1]);
    expect(seen[0]).not.toBe(seen[1]);
    // A provider that refuses what it has just issued is not asked for ever.
    const stubborn = useConnection(anotherWorker(), ticket, connection.id, async () => {
      throw new (await import("../../worker/providers/provider_error.ts")).ProviderError(
        "PROVIDER_TOKEN_REJECTED",
      );
    });
    await expect(stubborn).rejects.toMatchObject({ code: "PROVIDER_TOKEN_REJECTED" });
    expect(refreshes() - before).toBe(2);
  });

  test("what the provider ended needs its owner; jobs wait, and go on when they have connected again", async () => {
    const person = await addMember(database, owner, "user");
    const connection = await connect(system, person, provider, profile);
    const { ticket, jobId } = await jobFor(person, connection, "connection_check");
    const opened = await openConnection(anotherWorker(), ticket, connection.id);
    await standin.revokeAt(provider === "gong" ? "company-17" : "ada@example.com");
    await expect(refreshConnection(anotherWorker(), ticket, opened)).rejects.toMatchObject({
      code: "CONNECTION_ENDED",
    });
    expect(
      await connectionWhen(system, person, connection.id, ({ state }) => state === "reconnect_needed"),
    ).toMatchObject({
      last_error_code: "PROVIDER_GRANT_INVALID",
      key_version: null,
    });
    const status = async () =>
      (await admin.query("select status from connections.jobs where id = $1", [jobId])).rows[0]
        .status as string;
    expect(await status()).toBe("held");
    expect(
      (await admin.query("select from connections.credentials where connection_id = $1", [connection.id]))
        .rowCount,
    ).toBe(0);
    await expect(openConnection(anotherWorker(), ticket, connection.id)).rejects.toMatchObject({
      code: "CONNECTION_ENDED",
    });
    const again = await connect(system, person, provider, profile);
    expect(again).toMatchObject({ id: connection.id, state: "connected" });
    await until(async () => (await status()) === "done");
  });

  test.each([
    [{ kind: "rate_limited", retryAfter: 120 } as const, "PROVIDER_RATE_LIMITED", 115],
    [{ kind: "server_error" } as const, "PROVIDER_UNAVAILABLE", 0],
    [{ kind: "malformed" } as const, "PROVIDER_MALFORMED", 0],
  ])(
    "a provider that is busy (%o) is left alone for a while, and the connection stays",
    async (failure, code, seconds) => {
      const person = await addMember(database, owner, "user");
      const connection = await connect(system, person, provider, profile);
      const { ticket } = await jobFor(person, connection);
      const opened = await openConnection(anotherWorker(), ticket, connection.id);
      standin.fail({ ...failure, path: tokenPath });
      await expect(refreshConnection(anotherWorker(), ticket, opened)).rejects.toMatchObject({ code });
      const { rows } = await admin.query(
        "select extract(epoch from refresh_after - now()) as wait, refresh_fence from connections.credentials where connection_id = $1",
        [connection.id],
      );
      expect(Number(rows[0].wait)).toBeGreaterThan(seconds);
      expect(rows[0].refresh_fence).toBeNull();
      const before = refreshes();
      // The token that is still good goes on being used; the provider is not asked.
      expect((await refreshConnection(anotherWorker(), ticket, opened)).version).toBe(1);
      expect(refreshes()).toBe(before);
      expect(await connectionWhen(system, person, connection.id, () => true)).toMatchObject({
        state: "connected",
        last_error_code: code,
      });
    },
  );
});

test("a refresh is planned ahead of the token's end, and plans the next", async () => {
  const person = await addMember(database, owner, "user");
  const connection = await connect(system, person, "google", "mailbox");
  const planned = async () =>
    (
      await admin.query(
        `select j.id, extract(epoch from w.run_at - now()) as seconds from connections.jobs j
         join queue_mail_sync._private_jobs w on w.payload ->> 'job_id' = j.id::text
         where j.connection_id = $1 and j.task = 'connection_refresh' and j.status = 'queued'`,
        [connection.id],
      )
    ).rows;
  const [first, ...more] = await planned();
  expect(more).toEqual([]);
  expect(Number(first.seconds)).toBeGreaterThan(3600 * 0.75);
  expect(Number(first.seconds)).toBeLessThan(3600 * 0.95);
  await admin.query(
    "update queue_mail_sync._private_jobs set run_at = now() where payload ->> 'job_id' = $1",
    [first.id],
  );
  await call(system, person, "select connections.check_connection($1)", [connection.id]);
  await connectionWhen(system, person, connection.id, ({ version }) => version === 2);
  const next = await until(async () => (await planned()).find(({ id }) => id !== first.id));
  expect(Number(next.seconds)).toBeGreaterThan(3600 * 0.75);
});

describe("a refresher that dies", () => {
  test("before the provider was asked: another takes over when its time is over, and its fence is worth nothing", async () => {
    const person = await addMember(database, owner, "user");
    const connection = await connect(system, person, "salesforce", "deals");
    const { ticket } = await jobFor(person, connection);
    const opened = await openConnection(anotherWorker(), ticket, connection.id);
    const claim = async () =>
      (
        await ticket.transaction((client) =>
          client.query("select * from connections.claim_refresh($1, 1)", [connection.id]),
        )
      ).rows[0];
    const dead = await claim();
    expect(dead.outcome).toBe("claimed");
    expect((await claim()).outcome).toBe("wait");
    await admin.query(
      "update connections.credentials set refresh_until = now() - interval '1 second' where connection_id = $1",
      [connection.id],
    );
    expect((await refreshConnection(anotherWorker(), ticket, opened)).version).toBe(2);
    const { rows } = await ticket.transaction((client) =>
      client.query("select connections.store_refreshed($1, $2, 2, 'eyJx.a.b.c.d', null, 1, null) as stored", [
        connection.id,
        dead.fence,
      ]),
    );
    expect(rows[0].stored).toBe(false);
  });

  test("after storing: the next one finds the new token, whole", async () => {
    const person = await addMember(database, owner, "user");
    const connection = await connect(system, person, "gong", "calls");
    const { ticket } = await jobFor(person, connection);
    const opened = await openConnection(anotherWorker(), ticket, connection.id);
    const next = await refreshConnection(anotherWorker(), ticket, opened);
    const found = await openConnection(anotherWorker(), ticket, connection.id);
    expect(found).toEqual(next);
    expect(all.standins.gong.honours(found.credential.refreshToken!)).toBe(true);
    expect(all.standins.gong.honours(opened.credential.refreshToken!)).toBe(false);
  });

  /** A ticket in whose transactions storing a refreshed credential fails as told, so many times. */
  function failing(ticket: Ticket, times: number, error: object): Ticket {
    let left = times;
    return {
      ...ticket,
      transaction: (work, options) =>
        ticket.transaction(
          (client) =>
            work(
              new Proxy(client, {
                get: (target, name) =>
                  name !== "query"
                    ? Reflect.get(target, name)
                    : (text: string, values: unknown[]) => {
                        if (text.includes("store_refreshed") && left-- > 0)
                          throw Object.assign(new Error("refused"), error);
                        return target.query(text, values);
                      },
              }),
            ),
          options,
        ),
    };
  }

  test("the rotated token is committed before anybody gets the access token that came with it", async () => {
    const person = await addMember(database, owner, "user");
    const connection = await connect(system, person, "gong", "calls");
    const { ticket } = await jobFor(person, connection);
    const opened = await openConnection(anotherWorker(), ticket, connection.id);
    const refusing = failing(ticket, Infinity, { code: "ZC999" });
    await expect(refreshConnection(anotherWorker(), refusing, opened)).rejects.toThrow();
    const { rows } = await admin.query(
      "select version from connections.credentials where connection_id = $1",
      [connection.id],
    );
    expect(rows[0].version).toBe(1);
  });

  test("a database that is away for a moment costs no single-use token", async () => {
    const person = await addMember(database, owner, "user");
    const connection = await connect(system, person, "gong", "calls");
    const { ticket } = await jobFor(person, connection);
    const opened = await openConnection(anotherWorker(), ticket, connection.id);
    const before = all.standins.gong.count("POST", /customer-token$/);
    const next = await refreshConnection(anotherWorker(), failing(ticket, 4, { code: "57P01" }), opened);
    expect(next.version).toBe(2);
    expect(all.standins.gong.honours(next.credential.refreshToken!)).toBe(true);
    // One answer, one event, however often it was tried to store them.
    expect(all.standins.gong.count("POST", /customer-token$/)).toBe(before + 1);
    const { rowCount } = await admin.query(
      "select from connections.calls where connection_id = $1 and operation = 'token'",
      [connection.id],
    );
    expect(rowCount).toBe(2);
  });

  test("a version of the key that is destroyed meanwhile is not sealed under", async () => {
    const person = await addMember(database, owner, "user");
    const connection = await connect(system, person, "gong", "calls");
    const { ticket } = await jobFor(person, connection);
    const opened = await openConnection(anotherWorker(), ticket, connection.id);
    const next = await refreshConnection(anotherWorker(), failing(ticket, 1, { code: "ZK003" }), opened);
    expect((await openConnection(anotherWorker(), ticket, connection.id)).credential).toEqual(
      next.credential,
    );
  });

  test("a worker that is told to stop stores what the provider answers", async () => {
    const person = await addMember(database, owner, "user");
    const connection = await connect(system, person, "gong", "calls");
    // Longer than the five seconds after which tasks are told to end.
    all.standins.gong.fail({ kind: "hang", ms: 7_000, path: /customer-token$/ });
    const before = all.standins.gong.requests.length;
    await admin.query(
      "update queue_crm._private_jobs set run_at = now() where payload ->> 'connection_id' = $1 and payload ->> 'job_id' in (select id::text from connections.jobs where task = 'connection_refresh')",
      [connection.id],
    );
    await call(system, person, "select connections.check_connection($1)", [connection.id]);
    await until(async () => all.standins.gong.requests.length > before);
    await system.worker!.stop();
    const { rows } = await admin.query(
      "select version from connections.credentials where connection_id = $1",
      [connection.id],
    );
    expect(rows).toEqual([{ version: 2 }]);
  });
});
