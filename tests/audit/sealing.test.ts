import { expect, test } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { asMember, createWorkspace } from "../helpers/people.ts";
import { attest } from "../../worker/audit/attest.ts";
import { makeNotaryKey, seal, withNotary } from "./support.ts";

const database = await createDatabase();
const admin = database.pool("postgres", { max: 4 });
const { key } = await makeNotaryKey();
const owner = await createWorkspace(database, "Harbour");

const chained = async () =>
  (
    await admin.query(
      "select c.position::int, e.action from audit.chain c join audit.events e on e.id = c.event_id where c.workspace_id = $1 order by 1",
      [owner.workspaceId],
    )
  ).rows;

test("puts every committed event on its workspace's chain, once, without gaps", async () => {
  const first = await seal(database, key);
  expect(first.events).toBeGreaterThan(0);
  expect(await seal(database, key)).toEqual({ events: 0, workspaces: 0 });
  await asMember(database, owner.accessToken, (c) => c.query("select tenancy.create_team('Docks')"));
  expect(await seal(database, key)).toEqual({ events: 1, workspaces: 1 });
  const rows = await chained();
  expect(rows.map((row) => row.position)).toEqual(rows.map((_, i) => i + 1));
  expect(rows.at(-1)).toMatchObject({ action: "team.created" });
  const { rows: count } = await admin.query(
    "select count(*)::int as n from audit.events where workspace_id = $1",
    [owner.workspaceId],
  );
  expect(rows.length).toBe(count[0].n);
});

test("never skips a row that commits after younger ones were sealed", async () => {
  const late = await admin.connect();
  await late.query("begin");
  await late.query("insert into tenancy.teams (workspace_id, name) values ($1, 'Late')", [owner.workspaceId]);
  await asMember(database, owner.accessToken, (c) => c.query("select tenancy.create_team('Early')"));
  expect((await seal(database, key)).events).toBe(1);
  expect((await seal(database, key)).events).toBe(0);
  await late.query("commit");
  late.release();
  expect((await seal(database, key)).events).toBe(1);
  expect((await seal(database, key)).events).toBe(0);
});

test("leaves out what was rolled back", async () => {
  const client = await admin.connect();
  await client.query("begin");
  await client.query("insert into tenancy.teams (workspace_id, name) values ($1, 'Never')", [
    owner.workspaceId,
  ]);
  await client.query("rollback");
  client.release();
  expect((await seal(database, key)).events).toBe(0);
});

test("of two notaries at once, one seals and the other changes nothing", async () => {
  await asMember(database, owner.accessToken, (c) => c.query("select tenancy.create_team('Twice')"));
  const results = await Promise.allSettled([seal(database, key), seal(database, key)]);
  const events = results.map((r) => (r.status === "fulfilled" ? r.value.events : 0));
  expect(events[0]! + events[1]!).toBe(1);
  const { rows } = await admin.query(
    "select workspace_id, position from audit.chain group by 1, 2 having count(*) > 1",
  );
  expect(rows).toEqual([]);
});

test("a notary cannot put a row on a chain that the log does not hold, or move a chain from elsewhere than its end", async () => {
  await expect(
    withNotary(database, (c) =>
      c.query("select audit.seal_events($1, '{9}', $2, $3)", [
        [owner.workspaceId],
        ["00000000-0000-7000-8000-000000000000"],
        [Buffer.alloc(32)],
      ]),
    ),
  ).rejects.toMatchObject({ code: "ZA008" });
  await expect(
    withNotary(database, (c) =>
      c.query("select audit.sign_heads($1, '{0}', '{99}', $2, now(), '{x}')", [
        [owner.workspaceId],
        [Buffer.alloc(32)],
      ]),
    ),
  ).rejects.toMatchObject({ code: "ZA008" });
});

test("one root covers the heads of all workspaces, and is made only when one has moved", async () => {
  await createWorkspace(database, "Lighthouse");
  await seal(database, key);
  const first = await withNotary(database, (c) => attest(c, key));
  expect(first).toMatchObject({ number: 1 });
  expect(await withNotary(database, (c) => attest(c, key))).toBeNull();
  await asMember(database, owner.accessToken, (c) => c.query("select tenancy.create_team('Third')"));
  await seal(database, key);
  expect(await withNotary(database, (c) => attest(c, key))).toMatchObject({ number: 2 });
});

test("says what is not sealed yet", async () => {
  await asMember(database, owner.accessToken, (c) => c.query("select tenancy.create_team('Tail')"));
  const status = async () =>
    (await asMember(database, owner.accessToken, (c) => c.query("select * from audit.seal_status()")))
      .rows[0];
  expect(await status()).toMatchObject({ unsealed_count: "1" });
  await seal(database, key);
  expect(await status()).toMatchObject({ unsealed_count: "0", oldest_unsealed_at: null });
});
