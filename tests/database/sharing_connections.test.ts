import { setTimeout as wait } from "node:timers/promises";
import type pg from "pg";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createLanes, type Lanes } from "../../api/database/lanes.ts";
import { withClient } from "../../database/connect.ts";
import { createPool } from "../../api/database/pool.ts";
import { createDatabase } from "../helpers/database.ts";
import type { TestDatabase } from "../helpers/database.ts";
import { createWorkspace } from "../helpers/people.ts";
import type { SignedIn } from "../helpers/people.ts";

let database: TestDatabase;
let alpha: SignedIn;
let beta: SignedIn;
let pool: pg.Pool;
let lanes: Lanes;

beforeAll(async () => {
  database = await createDatabase();
  alpha = await createWorkspace(database, "Alpha");
  beta = await createWorkspace(database, "Beta");
});

beforeEach(() => {
  pool = createPool({ databaseUrl: database.url("bulkhead_api"), poolSize: 8, statementTimeout: 5_000 });
  lanes = createLanes(pool);
  return () => pool.end();
});

const settings = ({ accessToken }: SignedIn) => ({ role: "bulkhead_member", "session.token": accessToken });
const where = { name: "where", text: "select pg_backend_pid() as pid, email from tenancy.people" };
const sleep = (seconds: number) => ({
  name: "sleep",
  text: "select pg_backend_pid() as pid, pg_sleep($1)",
  values: [seconds],
});

/** What was not seen before runs alone: so it becomes known, and every lane prepares it. */
async function know(statement: { name: string; text: string }): Promise<void> {
  for (let round = 0; round < 3; round += 1)
    await Promise.all(Array.from({ length: 4 }, () => lanes.run(settings(alpha), statement)));
}

async function pids(count: number): Promise<number> {
  const answers = await Promise.all(Array.from({ length: count }, () => lanes.run(settings(alpha), where)));
  return new Set(answers.map(({ rows }) => rows[0].pid)).size;
}

const brief = { name: "brief", text: "select pg_sleep(0.004)" };

/** Quick statements without a gap between them. */
function unceasing(): { end(): Promise<unknown> } {
  let going = true;
  const load = Array.from({ length: 6 }, async (_, n) => {
    await wait(n * 3);
    while (going) await lanes.run(settings(alpha), brief);
  });
  return {
    async end() {
      going = false;
      await Promise.all(load);
    },
  };
}

/** Their names, as they are done. */
async function inOrder(works: Record<string, Promise<unknown>[]>): Promise<string[]> {
  const order: string[] = [];
  await Promise.all(
    Object.entries(works).map(([name, work]) => Promise.all(work).then(() => order.push(name))),
  );
  return order;
}

describe("quick statements", () => {
  it("share a few connections, once they are known", async () => {
    expect(await pids(8)).toBe(8);
    await know(where);
    expect(await pids(60)).toBeLessThanOrEqual(3);
  });

  it("each see their own workspace, whatever fails in between", async () => {
    await know(where);
    const people = [alpha, beta];
    const asked = Array.from({ length: 300 }, (_, n) => {
      const who = people[n % 2]!;
      // A forged token, a failing statement, and a role that may not: each in front of somebody else's question.
      if (n % 7 === 3) return lanes.run({ ...settings(who), "session.token": "forged" }, where);
      if (n % 7 === 5) return lanes.run(settings(who), { name: "fails", text: "select 1 / 0" });
      if (n % 7 === 6) return lanes.run({ role: "bulkhead_anonymous" }, where);
      return lanes.run(settings(who), where);
    });
    const answers = await Promise.allSettled(asked);
    answers.forEach((answer, n) => {
      if (n % 7 === 5) expect(answer).toMatchObject({ status: "rejected", reason: { code: "22012" } });
      else if (n % 7 === 6) expect(answer).toMatchObject({ status: "rejected", reason: { code: "42501" } });
      else if (n % 7 === 3) expect(answer).toMatchObject({ value: { rows: [] } });
      else expect(answer).toMatchObject({ value: { rows: [{ email: people[n % 2]!.email }] } });
    });
  });

  it("do not fall with the one in front that was to prepare their statement", async () => {
    await know(where);
    const fresh = { name: "fresh", text: "select email from tenancy.people where true" };
    await lanes.run(settings(alpha), fresh);
    const dead = { ...settings(alpha), "session.token": "forged" };
    const answers = await Promise.allSettled(
      Array.from({ length: 12 }, (_, n) =>
        lanes.run(n % 2 ? settings(alpha) : dead, fresh, n % 2 ? {} : { admit: true }),
      ),
    );
    answers.forEach((answer, n) =>
      expect(answer).toMatchObject(
        n % 2
          ? { value: { rows: [{ email: alpha.email }] } }
          : { status: "rejected", reason: { code: "ZS020" } },
      ),
    );
  });
});

describe("a statement that spoils its connection", () => {
  it("costs nobody else an answer", async () => {
    await know(where);
    const forget = { name: "forget", text: "deallocate all" };
    await lanes.run(settings(alpha), forget);
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        lanes.run(settings(n % 2 ? beta : alpha), n % 10 ? where : forget),
      ),
    );
    answers.forEach(({ rows }, n) => {
      if (n % 10) expect(rows).toMatchObject([{ email: (n % 2 ? beta : alpha).email }]);
    });
    expect(await pids(20)).toBeLessThanOrEqual(20);
  });
});

describe("a slow statement", () => {
  it("has a connection for itself, once it is known to be slow or not known at all", async () => {
    await know(where);
    const slow = [lanes.run({}, sleep(0.6)), lanes.run({}, sleep(0.6)), lanes.run({}, sleep(0.6))];
    expect(await inOrder({ slow, quick: [pids(20)] })).toEqual(["quick", "slow"]);
    const again = [lanes.run({}, sleep(0.6)), lanes.run({}, sleep(0.6)), lanes.run({}, sleep(0.6))];
    expect(await inOrder({ slow: again, quick: [pids(20)] })).toEqual(["quick", "slow"]);
  });

  it("that was quick until now keeps nobody waiting who comes later", async () => {
    await know(where);
    for (let round = 0; round < 8; round += 1) await lanes.run({}, sleep(0));
    const slow = [lanes.run({}, sleep(1))];
    await wait(100);
    expect(await inOrder({ slow, quick: [pids(20)] })).toEqual(["quick", "slow"]);
  });
});

describe("a shared connection", () => {
  it("is given back as soon as it has nothing to do, so the pool can end", async () => {
    await know(where);
    await pids(30);
    expect(pool.idleCount).toBe(pool.totalCount);
  });

  it("gets nothing more when somebody left a transaction open on it, and nobody is lost", async () => {
    await know(where);
    await know(brief);
    const open = { name: "open", text: "begin" };
    await lanes.run(settings(alpha), open);
    const when = { name: "when", text: "select email, now() as begun from tenancy.people" };
    await know(when);
    const load = unceasing();
    await wait(50);
    await Promise.all(Array.from({ length: 3 }, () => lanes.run(settings(alpha), open)));
    const { rows: clock } = await withClient(database.adminUrl, (admin) =>
      admin.query("select clock_timestamp() as now"),
    );
    const answers = await Promise.all(Array.from({ length: 30 }, () => lanes.run(settings(beta), when)));
    await load.end();
    for (const { rows } of answers) {
      expect(rows).toMatchObject([{ email: beta.email }]);
      expect(rows[0].begun.getTime()).toBeGreaterThanOrEqual(clock[0].now.getTime());
    }
  });

  it("lets others have their turn when it is the only one", async () => {
    await pool.end();
    pool = createPool({ databaseUrl: database.url("bulkhead_api"), poolSize: 1, statementTimeout: 5_000 });
    lanes = createLanes(pool);
    await know(brief);
    const load = unceasing();
    await wait(50);
    const client = await pool.connect();
    client.release();
    await load.end();
  });
});
