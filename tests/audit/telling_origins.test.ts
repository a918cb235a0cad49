import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTrailOpener } from "../../worker/audit/open_trail.ts";
import { sealSubjects } from "../../worker/audit/subjects.ts";
import { startTestApi, type TestApi } from "../helpers/api.ts";
import { createDatabase } from "../helpers/database.ts";
import { addMember, asMember, createWorkspace, type SignedIn } from "../helpers/people.ts";
import { createWorkerKeys, startTestWorker, type TestWorker } from "../helpers/worker.ts";
import { makeNotaryKey, seal, withNotary } from "./support.ts";

const database = await createDatabase();
const admin = database.pool("postgres", { max: 2 });
const keys = createWorkerKeys();
const { key } = await makeNotaryKey();
let api: TestApi;
let worker: TestWorker;
let owner: SignedIn, client: SignedIn, stranger: SignedIn;
/** What each of them has done, from where. */
let ours: Done, theirs: Done, others: Done;

interface Done {
  readonly originId: string | null;
  readonly eventId: string;
}

const sealAll = async () => {
  await seal(database, key);
  while ((await withNotary(database, (c) => sealSubjects(c, keys.kek))) > 0);
};

/** Makes a team, saying where from: an address of one's own, or an origin's id, as whoever has SQL of their own can. */
async function act(
  who: SignedIn,
  from: { address: string; client?: string } | { id: string },
): Promise<Done> {
  const team = `Team ${randomUUID()}`;
  const originId = await asMember(database, who.accessToken, async (c) => {
    const { rows } =
      "id" in from
        ? await c.query("select set_config('request.origin', $1, true) as id", [from.id])
        : await c.query(
            "select set_config('request.origin', coalesce(audit.note_origin($1, $2)::text, ''), true) as id",
            [from.address, from.client ?? "Tests"],
          );
    await c.query("select tenancy.create_team($1)", [team]);
    return rows[0].id || null;
  });
  const { rows } = await admin.query(
    "select e.id from audit.events e join tenancy.teams t on t.id = e.row_id where e.workspace_id = $1 and t.name = $2",
    [who.workspaceId, team],
  );
  return { originId, eventId: rows[0].id };
}

const ask = (who: SignedIn, argument = "") =>
  api.ask(
    who.accessToken,
    `{ auditEvents(maxEvents: 1000, first: 100${argument}) { nodes { rowId originId origin { address userAgent } } } }`,
  );
const originOf = async (who: SignedIn, event: Done, argument = "") => {
  const answer = await ask(who, argument);
  expect(answer.errors).toEqual([]);
  return answer.data.auditEvents.nodes.find((one: { rowId: string }) => one.rowId === event.eventId).origin;
};

const origins = (who: SignedIn | null, workspaceId: string, ids: readonly string[]) =>
  asMember(database, who?.accessToken ?? null, async (c) => {
    const { rows } = await c.query("select sealed.ask_origins($1, $2, gen_random_uuid()) as id", [
      workspaceId,
      ids,
    ]);
    return rows[0].id as string;
  });
/** What a call names: of which event which origin. */
const named = async (call: string) =>
  (await admin.query("select context from sealed.calls where id = $1", [call])).rows[0].context;

beforeAll(async () => {
  owner = await createWorkspace(database, "Harbour");
  client = await createWorkspace(database, "Lighthouse");
  stranger = await createWorkspace(database, "Elsewhere");
  await admin.query("update tenancy.workspaces set parent_id = $1 where id = $2", [
    owner.workspaceId,
    client.workspaceId,
  ]);
  worker = await startTestWorker(database, { services: ["opener"], keys });
  api = await startTestApi(database, { config: { workerPublicKeys: keys.publicKeys } });
  ours = await act(owner, { address: "192.0.2.1", client: "HarbourBrowser" });
  theirs = await act(client, { address: "192.0.2.2", client: "LighthouseBrowser" });
  others = await act(stranger, { address: "192.0.2.3", client: "" });
  await sealAll();
});
afterAll(() => worker?.stop());

test("where it was done from, by address and client", async () => {
  expect(await originOf(owner, ours)).toEqual({ address: "192.0.2.1", userAgent: "HarbourBrowser" });
});

test("a client that said nothing of itself is null", async () => {
  expect(await originOf(stranger, others)).toEqual({ address: "192.0.2.3", userAgent: null });
});

test("an origin that is not sealed yet is null for that second, not an error", async () => {
  const event = await act(owner, { address: "192.0.2.4" });
  expect(await originOf(owner, event)).toBeNull();
  await sealAll();
  expect(await originOf(owner, event)).toMatchObject({ address: "192.0.2.4" });
});

test("a page asks once, for each sign-in's origin one event (no N+1)", async () => {
  const member = await addMember(database, owner, "manager");
  for (let n = 0; n < 4; n++) {
    await act(owner, { address: "192.0.2.1", client: "HarbourBrowser" });
    await act(member, { address: "192.0.2.5" });
  }
  const asked: (readonly string[])[] = [];
  const counting = await startTestApi(database, {
    sealed: {
      openOrigins: async (_session, _workspaceId, ids) => {
        asked.push(ids);
        return new Map(ids.map((id) => [id, { address: "198.51.100.1", user_agent: id }]));
      },
    },
  });
  const answer = await counting.ask(
    owner.accessToken,
    `{ auditEvents(action: "team.created", maxEvents: 8) { nodes { personId origin { userAgent } } } }`,
  );
  expect(answer.errors).toEqual([]);
  expect(asked).toEqual([[expect.any(String), expect.any(String)]]);
  const nodes: { personId: string; origin: { userAgent: string } }[] = answer.data.auditEvents.nodes;
  expect(nodes).toHaveLength(8);
  for (const who of [owner, member])
    expect(
      new Set(nodes.filter((one) => one.personId === who.personId).map((one) => one.origin.userAgent)).size,
    ).toBe(1);
});

describe("an origin counts for the events of its own sign-in alone", () => {
  test("an event that names a colleague's shows none, beside the colleague's own that shows it", async () => {
    const forger = await addMember(database, owner, "manager");
    const forged = await act(forger, { id: ours.originId! });
    const { rows } = await admin.query("select origin_id from audit.events where id = $1", [forged.eventId]);
    expect(rows[0].origin_id).toBe(ours.originId);
    await sealAll();
    expect(await originOf(owner, forged)).toBeNull();
    expect(await originOf(owner, ours)).toMatchObject({ address: "192.0.2.1" });
    const call = await origins(owner, owner.workspaceId, [forged.eventId, ours.eventId]);
    expect(await named(call)).toEqual({ [ours.eventId]: ours.originId });
  });

  test("so does an event that names one of another workspace", async () => {
    const forged = await act(owner, { id: others.originId! });
    expect(await originOf(owner, forged)).toBeNull();
    const ofTheirs = await act(owner, { id: theirs.originId! });
    expect(await named(await origins(owner, owner.workspaceId, [forged.eventId, ofTheirs.eventId]))).toEqual(
      {},
    );
  });

  test("and a sealed origin opens as no other, and as nobody else's", async () => {
    const { rows } = await admin.query(
      `select gen_random_uuid() as id, o.id as origin_id, o.person_id, o.sealed, s.kek, s.wrapped_key
      from audit.origins o join audit.subjects s using (workspace_id, person_id) where o.id = $1`,
      [ours.originId],
    );
    const { openOrigins } = createTrailOpener({ kek: keys.kek });
    const open = async (change: object) =>
      (await openOrigins(owner.workspaceId, [{ ...rows[0], ...change }]))[0]!.value;
    expect(Buffer.from((await open({})) as Uint8Array).toString()).toContain("192.0.2.1");
    expect(await open({ origin_id: others.originId })).toBe("MESSAGE_UNREADABLE");
    expect(await open({ person_id: client.personId })).toBe("MESSAGE_UNREADABLE");
  });
});

describe("origins go as far as the trail goes", () => {
  test("an agency's owner gets those of a workspace under theirs (NUM-39)", async () => {
    expect(await originOf(owner, theirs, `, workspaceId: "${client.workspaceId}"`)).toEqual({
      address: "192.0.2.2",
      userAgent: "LighthouseBrowser",
    });
  });

  test("nobody else of the agency does", async () => {
    const helper = await addMember(database, owner, "admin");
    expect(await named(await origins(helper, owner.workspaceId, [ours.eventId]))).toEqual({
      [ours.eventId]: ours.originId,
    });
    await expect(origins(helper, client.workspaceId, [theirs.eventId])).rejects.toMatchObject({
      code: "ZA006",
    });
  });

  test("the workspace under it gets none of the agency's or a sibling's, nor a stranger anybody's", async () => {
    const sibling = await createWorkspace(database, "Sibling");
    await admin.query("update tenancy.workspaces set parent_id = $1 where id = $2", [
      owner.workspaceId,
      sibling.workspaceId,
    ]);
    for (const [who, where, what] of [
      [client, owner, ours],
      [sibling, owner, ours],
      [sibling, client, theirs],
      [stranger, owner, ours],
      [owner, stranger, others],
    ] as const)
      await expect(origins(who, where.workspaceId, [what.eventId])).rejects.toMatchObject({ code: "ZA006" });
    for (const who of [client, sibling, stranger])
      expect(
        await named(
          await origins(
            who,
            who.workspaceId,
            [ours, theirs, others].filter((one) => one !== ofWhom(who)).map((one) => one.eventId),
          ),
        ),
      ).toEqual({});
    // Nor does one trail's event count in another that the session may read as well.
    expect(await named(await origins(owner, owner.workspaceId, [theirs.eventId]))).toEqual({});
    expect(await named(await origins(owner, client.workspaceId, [ours.eventId]))).toEqual({});
  });

  const ofWhom = (who: SignedIn) => (who === client ? theirs : who === stranger ? others : undefined);

  test("and not to who may not read the trail, or not its people, or is not signed in", async () => {
    const user = await addMember(database, owner, "user");
    await expect(origins(user, owner.workspaceId, [ours.eventId])).rejects.toMatchObject({ code: "ZT001" });
    await expect(origins(null, owner.workspaceId, [ours.eventId])).rejects.toMatchObject({ code: "ZS001" });
    const reader = await addMember(database, owner, "admin");
    await origins(reader, owner.workspaceId, [ours.eventId]);
    await admin.query(
      "delete from tenancy.role_permissions where role_key = 'admin' and permission_key = 'people.read'",
    );
    try {
      await expect(origins(reader, owner.workspaceId, [ours.eventId])).rejects.toMatchObject({
        code: "ZT001",
      });
      const answer = await ask(reader);
      expect(new Set(answer.codes)).toEqual(new Set(["PERMISSION_DENIED"]));
      expect(answer.text).not.toContain("192.0.2.");
      // The trail itself is still theirs.
      expect(answer.data.auditEvents.nodes.length).toBeGreaterThan(1);
    } finally {
      await admin.query(
        "insert into tenancy.role_permissions (role_key, permission_key) values ('admin', 'people.read')",
      );
    }
  });

  test("the opener sees the sealed origins that waiting calls name, and no others, nor other people's keys", async () => {
    // What even a hole in the owner's functions would show: the tables as the policies leave them.
    await admin.query(`create function audit.peek() returns json language sql security definer as
      'select json_build_array(
        (select json_agg(o.id) from audit.origins o), (select json_agg(s.person_id) from audit.subjects s))';
      alter function audit.peek() owner to bulkhead_owner; grant execute on function audit.peek() to bulkhead_opener`);
    await admin.query("delete from sealed.calls");
    const opener = database.pool("bulkhead_opener", { max: 1 });
    const peek = async () => (await opener.query("select audit.peek() as seen")).rows[0].seen;
    await expect(opener.query("select * from audit.origins")).rejects.toMatchObject({ code: "42501" });
    expect(await peek()).toEqual([null, null]);
    await admin.query("insert into sealed.callers (id, public_key) values (gen_random_uuid(), $1)", [
      "x".repeat(43),
    ]);
    const call = await origins(stranger, stranger.workspaceId, [others.eventId]);
    await admin.query("update sealed.calls set caller_id = (select id from sealed.callers limit 1)");
    expect(await peek()).toEqual([[others.originId], [stranger.personId]]);
    const { rows } = await opener.query("select * from sealed.take_to_open($1)", [[call]]);
    expect(rows[0]).toMatchObject({ kind: "audit.origin", message_ids: null, keys: {}, subjects: null });
    expect(rows[0].origins).toEqual([
      expect.objectContaining({
        id: others.eventId,
        origin_id: others.originId,
        person_id: stranger.personId,
      }),
    ]);
    expect(await peek()).toEqual([null, null]);
    await admin.query("drop function audit.peek()");
  });
});

test("of somebody who was erased there is none, at once and for good", async () => {
  const member = await addMember(database, owner, "manager", "canary@harbour.example");
  const event = await act(member, { address: "192.0.2.99", client: "CanaryBrowser" });
  await sealAll();
  expect(await originOf(owner, event)).toMatchObject({ address: "192.0.2.99" });
  await asMember(database, owner.accessToken, (c) =>
    c.query("select audit.erase_person($1)", [member.personId]),
  );
  expect(await originOf(owner, event)).toBeNull();
  // Still here, and still at work: nothing of it is noted, for there is no key to seal it under.
  const later = await act(member, { address: "192.0.2.99", client: "CanaryBrowser" });
  expect(later.originId).toBeNull();
  await sealAll();
  expect(await originOf(owner, later)).toBeNull();
  expect((await ask(owner)).text).not.toMatch(/Canary|192\.0\.2\.99/);
  const { rowCount } = await admin.query("select from audit.origins where person_id = $1", [member.personId]);
  expect(rowCount).toBe(0);
});
