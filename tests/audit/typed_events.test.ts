import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { startTestApi } from "../helpers/api.ts";
import { addMember, apiPool, asMember, createWorkspace, type SignedIn } from "../helpers/people.ts";
import {
  createInbox,
  createWorkerKeys,
  importMail,
  plainMessage,
  startTestWorker,
} from "../helpers/worker.ts";
import { recordedKek } from "../../worker/crypto/kek_recorded.ts";
import { createCallRecorder } from "../../worker/runtime/call_recorder.ts";
import { KekError } from "../../worker/crypto/kek.ts";

const database = await createDatabase();
const admin = database.pool("postgres", { max: 2 });
let owner: SignedIn;

beforeAll(async () => {
  owner = await createWorkspace(database, "Harbour");
});

const eventsOf = async (workspaceId: string, action: string) =>
  (
    await admin.query("select * from audit.events where workspace_id = $1 and action = $2 order by id", [
      workspaceId,
      action,
    ])
  ).rows;

describe("a refusal", () => {
  test("by the API leaves an event with the field's name and the permission, and neither argument nor alias", async () => {
    const api = await startTestApi(database);
    const viewer = await addMember(database, owner, "viewer");
    const answer = await api.ask(
      viewer.accessToken,
      'mutation { canaryAlias: createTeam(input: { name: "canary argument" }) { team { name } } }',
    );
    expect(answer.codes).toEqual(["PERMISSION_DENIED"]);
    const [event, ...more] = await eventsOf(owner.workspaceId, "access.denied");
    expect(more).toEqual([]);
    expect(event).toMatchObject({
      details: { code: "PERMISSION_DENIED", permission: "teams.manage", operation: "createTeam" },
      actor: "member",
      person_id: viewer.personId,
    });
    expect(event.request_id).not.toBeNull();
    expect(event.origin_id).not.toBeNull();
    const { rows } = await admin.query("select string_agg(e::text, '') as text from audit.events e");
    expect(rows[0].text).not.toContain("canary");
  });

  test("of a query that names another's log leaves one too; what is merely wrong, or needs a sign-in, does not", async () => {
    const api = await startTestApi(database);
    const other = await createWorkspace(database, "Lighthouse");
    const before = (await eventsOf(other.workspaceId, "access.denied")).length;
    await api.ask(other.accessToken, "query($id: UUID!) { auditEvents(workspaceId: $id) { nodes { id } } }", {
      id: owner.workspaceId,
    });
    await api.ask(
      other.accessToken,
      "mutation($id: UUID!) { deleteTeam(input: { teamId: $id }) { clientMutationId } }",
      {
        id: randomUUID(),
      },
    );
    await api.ask(null, "{ currentPerson { name } }");
    const events = await eventsOf(other.workspaceId, "access.denied");
    expect(events.length - before).toBe(1);
    expect(events.at(-1).details).toEqual({ code: "AUDIT_LOG_NOT_FOUND", operation: "auditEvents" });
  });

  test("is not the API user's to make up", async () => {
    const api = await startTestApi(database);
    const answer = await api.ask(owner.accessToken, '{ __type(name: "Mutation") { fields { name } } }');
    const names = answer.data.__type.fields.map((field: { name: string }) => field.name);
    expect(names).toContain("createTeam");
    expect(names.filter((name: string) => /denied/i.test(name))).toEqual([]);
  });

  test("a thousand times over leaves some twenty events, and one that says so", async () => {
    const noisy = await createWorkspace(database, "Noisy");
    await asMember(database, noisy.accessToken, async (c) => {
      await c.query(
        "select audit.denied('PERMISSION_DENIED', 'teams.manage', 'createTeam') from generate_series(1, 1000)",
      );
    });
    expect((await eventsOf(noisy.workspaceId, "access.denied")).length).toBe(20);
    expect((await eventsOf(noisy.workspaceId, "access.denials_dropped")).length).toBe(1);
  });

  test("of a session that has ended leaves nothing in anybody's log", async () => {
    const ended = await createWorkspace(database, "Ended");
    await apiPool(database).query("select session.sign_out($1)", [ended.refreshToken]);
    await asMember(database, ended.accessToken, (c) => c.query("select audit.denied('PERMISSION_DENIED')"));
    expect(await eventsOf(ended.workspaceId, "access.denied")).toEqual([]);
  });
});

describe("a query without a session or a ticket", () => {
  const count = async () =>
    (
      await admin.query(
        "select (select last_value - 1 + is_called::int from audit.contextless_requests)::int as requests, (select last_value - 1 + is_called::int from audit.contextless_services)::int as services",
      )
    ).rows[0];
  const report = () =>
    database.pool("bulkhead_notary", { max: 1 }).query("select audit.report_contextless()");
  const told = () => eventsOf("00000000-0000-0000-0000-000000000000", "query.without_context");

  test("is counted although it is rolled back, and told of once, however often it came (C23)", async () => {
    const before = await count();
    for (let i = 0; i < 25; i++)
      await expect(
        asMember(database, null, (c) => c.query("select tenancy.create_team('No')")),
      ).rejects.toMatchObject({ code: "ZS001" });
    await expect(
      database.pool("bulkhead_mail_sync", { max: 1 }).query("select keyring.add_key('content', 1, 'x', 'y')"),
    ).rejects.toMatchObject({ code: "ZS001" });
    const after = await count();
    expect([after.requests - before.requests, after.services - before.services]).toEqual([25, 1]);
    const former = (await told()).length;
    await report();
    await report();
    const events = await told();
    expect(events.length - former).toBe(1);
    expect(events.at(-1)).toMatchObject({ actor: "service", service: "notary", person_id: null });
    expect(events.at(-1).details).toMatchObject({
      requests: expect.any(Number),
      services: expect.any(Number),
    });
  });

  test("costs nobody else anything: a query in a session counts nothing", async () => {
    const before = await count();
    await asMember(database, owner.accessToken, (c) => c.query("select tenancy.create_team('Counted')"));
    expect(await count()).toEqual(before);
  });

  test("stands in a log that no session reads", async () => {
    await report();
    const { rows } = await asMember(database, owner.accessToken, (c) =>
      c.query("select id from audit.events where action = 'query.without_context'"),
    );
    expect(rows).toEqual([]);
    await expect(
      asMember(database, owner.accessToken, (c) =>
        c.query("select * from audit.search_events(workspace_id => '00000000-0000-0000-0000-000000000000')"),
      ),
    ).rejects.toMatchObject({ code: "ZA006" });
  });
});

test("a refused refresh says why, and a copy that keeps coming back fills no log", async () => {
  const workspace = await createWorkspace(database, "Refreshing");
  const api = apiPool(database);
  await api.query("select * from session.refresh($1)", [workspace.refreshToken]);
  for (let i = 0; i < 30; i++) await api.query("select * from session.refresh($1)", [workspace.refreshToken]);
  const events = await eventsOf(workspace.workspaceId, "session.refresh_refused");
  expect(events[0].details).toEqual({ code: "REFRESH_REUSED" });
  expect(events.length).toBeLessThan(15);
});

test("failed sign-ins are bounded for each workspace", async () => {
  const workspace = await createWorkspace(database, "Knocking");
  const { rows } = await database
    .pool("bulkhead_identity", { max: 1 })
    .query(
      "select audit.sign_in_failed($1, 'SIGN_IN_CODE_REJECTED', 'web') as kept from generate_series(1, 500)",
      [workspace.workspaceId],
    );
  expect(rows.filter((row) => row.kept).length).toBe(60);
  expect((await eventsOf(workspace.workspaceId, "session.sign_in_failed")).length).toBe(60);
});

describe("a call to the key service", () => {
  const subject = () => ({ workspaceId: owner.workspaceId, purpose: "content", version: 1 });

  test("leaves an event under the service's own name before its outcome is used, well or not", async () => {
    const recorder = createCallRecorder(database.url("bulkhead_opener"));
    const inner = {
      current: "kms:x",
      service: "kms",
      wrap: async () => ({ kek: "kms:x", wrapped: "w" }),
      unwrap: async () => {
        throw new KekError("KEK_UNAVAILABLE", "kms is unavailable");
      },
    };
    const kek = recordedKek(inner, recorder.record);
    await kek.wrap(subject(), Buffer.alloc(32));
    await expect(kek.unwrap(subject(), "kms:x", "w")).rejects.toMatchObject({ code: "KEK_UNAVAILABLE" });
    await recorder.end();
    const events = await eventsOf(owner.workspaceId, "provider.called");
    expect(events.map(({ service, details }) => ({ service, ...details }))).toMatchObject([
      { service: "opener", provider: "kms", operation: "wrap", success: true },
      {
        service: "opener",
        provider: "kms",
        operation: "unwrap",
        success: false,
        error_code: "KEK_UNAVAILABLE",
      },
    ]);
    expect(events[0].details.duration_ms).toBeGreaterThanOrEqual(0);
  });

  test("that cannot be recorded has failed", async () => {
    const inner = { ...createWorkerKeys().kek, service: "kms" };
    const kek = recordedKek(inner, async () => Promise.reject(new Error("no")));
    await expect(kek.wrap(subject(), Buffer.alloc(32))).rejects.toThrow("no");
  });

  test("is none where keys are wrapped here", () => {
    const { kek } = createWorkerKeys();
    expect(recordedKek(kek, async () => {})).toBe(kek);
  });
});

test("an import tells of its cycle, and the keys that it made of theirs", async () => {
  const workspace = await createWorkspace(database, "Importing");
  const worker = await startTestWorker(database, { services: ["mail_sync"] });
  try {
    const inbox = await createInbox(database, workspace, "Inbox");
    await importMail(
      database,
      worker.keys,
      workspace,
      inbox,
      plainMessage({ id: "1@x", subject: "S", text: "T" }),
    );
    await importMail(database, worker.keys, workspace, inbox, "\n");
    const cycles = await eventsOf(workspace.workspaceId, "sync.finished");
    expect(cycles.map((event) => event.details)).toMatchObject([
      { provider: "import", kind: "messages", items: 1, success: true },
      {
        provider: "import",
        kind: "messages",
        items: 0,
        success: false,
        error_code: expect.stringMatching(/^IMPORT_/),
      },
    ]);
    expect(cycles[0]).toMatchObject({ service: "mail_sync", person_id: workspace.personId });
    const keys = await eventsOf(workspace.workspaceId, "key.used");
    expect(keys.map((event) => event.details)).toEqual([
      { operation: "created", purpose: "content", version: 1 },
      { operation: "created", purpose: "index", version: 1 },
    ]);
    await asMember(database, workspace.accessToken, (c) =>
      c.query("select tenancy.rotate_workspace_key('content')"),
    );
    await vi.waitFor(
      async () =>
        expect((await eventsOf(workspace.workspaceId, "key.used")).at(-1).details).toEqual({
          operation: "rotated",
          purpose: "content",
          version: 2,
        }),
      { timeout: 20_000 },
    );
  } finally {
    await worker.stop();
  }
});
