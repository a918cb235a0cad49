import { beforeAll, describe, expect, test } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { type SignedIn, addMember, asMember, createWorkspace, signIn } from "../helpers/people.ts";
import { makeNotaryKey, seal } from "./support.ts";

const database = await createDatabase();
const admin = database.pool("postgres", { max: 2 });
const { key } = await makeNotaryKey();
const owner = await createWorkspace(database, "Agency");
const stranger = await createWorkspace(database, "Stranger");
const ROWS = 200_000;
let client: SignedIn;
let rare: string;

const search = async (who: SignedIn, args: string, values: unknown[] = []) =>
  (
    await asMember(database, who.accessToken, (c) =>
      c.query(`select * from audit.search_events(${args})`, values),
    )
  ).rows;

beforeAll(async () => {
  const identity = database.pool("bulkhead_identity", { max: 1 });
  await identity.query(
    "select tenancy.provision_workspace('Client', 'client@example.com', 'org_client', null, $1)",
    [owner.workspaceId],
  );
  client = await signIn(database, {
    email: "client@example.com",
    organizationId: "org_client",
    subject: "user_client",
  });
  rare = (
    await asMember(database, owner.accessToken, (c) => c.query("select id from tenancy.create_team('Rare')"))
  ).rows[0].id;
  await admin.query(
    `insert into audit.events (workspace_id, action, row_id, person_id, request_id)
     select case i % 4 when 0 then $1::uuid else md5((i % 37)::text)::uuid end, 'team.updated', gen_random_uuid(), gen_random_uuid(), 'r' || i from generate_series(1, $2::int) i`,
    [owner.workspaceId, ROWS],
  );
  await seal(database, key);
  await admin.query("vacuum analyze audit.events, audit.chain");
}, 120_000);

describe("a search", () => {
  test("is newest first, by pages", async () => {
    const first = await search(owner, "max_events => 20");
    const second = await search(owner, "max_events => 20, before_id => $1", [first.at(-1).id]);
    const ids = [...first, ...second].map((row) => row.id);
    expect(ids).toEqual([...ids].sort().reverse());
    expect(new Set(ids).size).toBe(40);
    expect(new Set([...first, ...second].map((row) => row.workspace_id))).toEqual(
      new Set([owner.workspaceId]),
    );
  });

  test("finds by action, resource, person, row, request and time", async () => {
    const [created] = await search(owner, "action => 'team.created'");
    expect(created).toMatchObject({ row_id: rare, person_id: owner.personId });
    expect(
      await search(owner, "resource => 'team', max_events => 1000, until => $1", [created.occurred_at]),
    ).toHaveLength(0);
    expect((await search(owner, "row_id => $1", [rare])).map((row) => row.action)).toEqual(["team.created"]);
    expect(
      (await search(owner, "person_id => $1, resource => 'team'", [owner.personId])).map((row) => row.id),
    ).toEqual([created.id]);
    expect(await search(owner, "request_id => 'r400'")).toHaveLength(1);
    expect(await search(owner, "since => now() + interval '1 hour'")).toEqual([]);
  });

  test("finds what is not sealed yet as well, each once", async () => {
    const { rows } = await asMember(database, owner.accessToken, (c) =>
      c.query("select id from tenancy.create_team('Fresh')"),
    );
    expect((await search(owner, "row_id => $1", [rows[0].id])).map((row) => row.action)).toEqual([
      "team.created",
    ]);
    await seal(database, key);
    expect((await search(owner, "row_id => $1", [rows[0].id])).map((row) => row.action)).toEqual([
      "team.created",
    ]);
  });

  test.each([
    ["no filter", "max_events => 20"],
    ["action", "action => 'team.updated', max_events => 20"],
    ["resource", "resource => 'team', max_events => 20"],
    ["row", "row_id => '00000000-0000-7000-8000-000000000000'"],
    ["person", "person_id => '00000000-0000-7000-8000-000000000000'"],
    ["request", "request_id => 'r400'"],
  ])("by %s reads a few pages of an index, among many rows", async (_name, args) => {
    const buffers = await asMember(database, owner.accessToken, async (c) => {
      await c.query(`select * from audit.search_events(${args})`);
      const { rows } = await c.query(
        `explain (analyze, buffers, format json) select * from audit.search_events(${args})`,
      );
      const plan = rows[0]["QUERY PLAN"][0].Plan;
      return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"];
    });
    const { rows } = await admin.query(
      "select sum(pg_relation_size(inhrelid)) / 8192 as pages from pg_inherits where inhparent = 'audit.events'::regclass",
    );
    expect(Number(rows[0].pages)).toBeGreaterThan(3_000);
    expect(buffers).toBeLessThan(1_000);
  });

  test("how much is sealed costs the last pages only", async () => {
    const { rows } = await asMember(database, owner.accessToken, (c) =>
      c.query("explain (analyze, buffers, format json) select * from audit.seal_status()"),
    );
    const { Plan: plan } = rows[0]["QUERY PLAN"][0];
    expect(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]).toBeLessThan(500);
  });

  test("the plain list goes along the primary key, without a sort", async () => {
    const plan = await asMember(database, owner.accessToken, async (c) =>
      JSON.stringify(
        (await c.query("explain (format json) select id from audit.events order by id desc limit 20"))
          .rows[0]["QUERY PLAN"],
      ),
    );
    expect(plan).toMatch(/Index (Only )?Scan/);
    expect(plan).toContain('"Backward"');
  });
});

describe("who reads what", () => {
  test("members by their permission: an analyst may, a user may not", async () => {
    expect((await search(await addMember(database, owner, "analyst"), "max_events => 1")).length).toBe(1);
    const user = await addMember(database, owner, "user");
    await expect(search(user, "max_events => 1")).rejects.toMatchObject({ code: "ZT001" });
    expect(
      (await asMember(database, user.accessToken, (c) => c.query("select id from audit.events"))).rows,
    ).toEqual([]);
  });

  test("an agency's owner the log of a workspace under theirs; its admin not (NUM-39)", async () => {
    const rows = await search(owner, "workspace_id => $1", [client.workspaceId]);
    expect(rows.map((row) => row.action)).toContain("session.signed_in");
    expect(new Set(rows.map((row) => row.workspace_id))).toEqual(new Set([client.workspaceId]));
    const adminOfAgency = await addMember(database, owner, "admin");
    await expect(search(adminOfAgency, "workspace_id => $1", [client.workspaceId])).rejects.toMatchObject({
      code: "ZA006",
    });
  });

  test("a workspace never its parent's, nor a stranger's", async () => {
    await expect(search(client, "workspace_id => $1", [owner.workspaceId])).rejects.toMatchObject({
      code: "ZA006",
    });
    await expect(search(owner, "workspace_id => $1", [stranger.workspaceId])).rejects.toMatchObject({
      code: "ZA006",
    });
    const { rows } = await asMember(database, client.accessToken, (c) =>
      c.query("select distinct workspace_id from audit.events"),
    );
    expect(rows).toEqual([{ workspace_id: client.workspaceId }]);
  });
});
