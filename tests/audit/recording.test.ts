import { describe, expect, test } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { addMember, apiPool, asMember, createWorkspace } from "../helpers/people.ts";

const database = await createDatabase();
const admin = database.pool("postgres", { max: 2 });
const owner = await createWorkspace(database, "Harbour");
const other = await createWorkspace(database, "Lighthouse");

const eventsOf = async (rowId: string) =>
  (await admin.query("select * from audit.events where row_id = $1 order by id", [rowId])).rows;

/** As the API does for a request: settings with the token, in one transaction. */
const asRequest = <T>(token: string, settings: Record<string, string>, sql: string, values: unknown[] = []) =>
  asMember(database, token, async (client) => {
    const { address, userAgent, ...given } = settings;
    for (const [name, value] of Object.entries(given))
      await client.query("select set_config($1, $2, true)", [name, value]);
    if (address !== undefined)
      await client.query("select set_config('request.origin', audit.note_origin($1, $2)::text, true)", [
        address,
        userAgent,
      ]);
    return (await client.query(sql, values)).rows as T[];
  });

test("an insert, an update and a delete of one row each leave one event, with who, what, when and in which request", async () => {
  const request = { "request.id": "req-1", address: "192.0.2.7", userAgent: "Browser" };
  const [team] = await asRequest<{ id: string }>(
    owner.accessToken,
    request,
    "select * from tenancy.create_team('Docks')",
  );
  await asRequest(owner.accessToken, { "request.id": "req-2" }, "select tenancy.delete_team($1)", [team!.id]);
  const events = await eventsOf(team!.id);
  expect(events.map((event) => event.action)).toEqual(["team.created", "team.deleted"]);
  expect(events[0]).toMatchObject({
    workspace_id: owner.workspaceId,
    person_id: owner.personId,
    actor: "member",
    request_id: "req-1",
    service: null,
  });
  expect(Math.abs(events[0].occurred_at - Date.now())).toBeLessThan(60_000);
  const { rows: origins } = await admin.query("select o.* from audit.origins o where id = $1", [
    events[0].origin_id,
  ]);
  expect(origins[0]).toMatchObject({
    address: "192.0.2.7",
    user_agent: "Browser",
    sign_in_id: events[0].sign_in_id,
    person_id: owner.personId,
  });
  expect(events[1].origin_id).toBeNull();
});

test("an update names the columns that changed, and no value", async () => {
  const member = await addMember(database, owner, "user");
  await asMember(database, owner.accessToken, (c) =>
    c.query("select tenancy.change_member_role($1, 'viewer')", [member.membershipId]),
  );
  const events = await eventsOf(member.membershipId);
  expect(events.at(-1)).toMatchObject({ action: "membership.updated", changed_columns: ["role_key"] });
  expect(events.at(-1).details).toBeNull();
});

test("values are kept of columns that are declared harmless, and of no other", async () => {
  const [sink] = await asRequest<{ id: string }>(
    owner.accessToken,
    {},
    "select * from audit.create_sink('siem', 'syslog', 'siem.example.com:6514', null, '-----CANARY-----')",
  );
  const [event] = await eventsOf(sink!.id);
  expect(event.details).toEqual({ name: "siem", kind: "syslog", address: "siem.example.com:6514" });
});

test("what did not change in an update leaves no column's name, and what was rolled back leaves nothing", async () => {
  await admin.query("update tenancy.teams set name = name where workspace_id = $1", [other.workspaceId]);
  const before = (await admin.query("select count(*)::int as n from audit.events")).rows[0].n;
  const client = await admin.connect();
  await client.query("begin");
  await client.query("insert into tenancy.teams (workspace_id, name) values ($1, 'No')", [owner.workspaceId]);
  await client.query("rollback");
  client.release();
  expect((await admin.query("select count(*)::int as n from audit.events")).rows[0].n).toBe(before);
});

test("a change of a row's own key still leaves its event", async () => {
  const { rows } = await admin.query(
    "insert into tenancy.teams (workspace_id, name) values ($1, 'Moved') returning id",
    [owner.workspaceId],
  );
  await admin.query("update tenancy.teams set id = gen_random_uuid() where id = $1", [rows[0].id]);
  const { rows: events } = await admin.query(
    "select action from audit.events where row_id = $1 order by id",
    [rows[0].id],
  );
  expect(events.map((event) => event.action)).toEqual(["team.created", "team.updated"]);
});

test("a statement that changes 10,000 rows leaves 10,000 events by one call of the trigger", async () => {
  const workspace = await createWorkspace(database, "Bulk");
  const calls = async () => {
    await admin.query("select pg_stat_force_next_flush()").catch(() => {});
    const { rows } = await admin.query(
      "select coalesce(sum(calls), 0)::int as n from pg_stat_user_functions where schemaname = 'audit_parts' and funcname like 'tenancy_teams_%'",
    );
    return rows[0].n as number;
  };
  const client = await admin.connect();
  await client.query("set track_functions = 'all'");
  const first = await calls();
  await client.query(
    "insert into tenancy.teams (workspace_id, name) select $1, 'T' || i from generate_series(1, 10000) i",
    [workspace.workspaceId],
  );
  await client.query("update tenancy.teams set name = name || '!' where workspace_id = $1", [
    workspace.workspaceId,
  ]);
  await client.query("delete from tenancy.teams where workspace_id = $1", [workspace.workspaceId]);
  await client.query("select pg_stat_force_next_flush()");
  expect((await calls()) - first).toBe(3);
  client.release(true);
  const { rows } = await admin.query(
    "select action, count(*)::int as n, count(distinct row_id)::int as rows from audit.events where workspace_id = $1 and action like 'team.%' group by 1 order by 1",
    [workspace.workspaceId],
  );
  expect(rows).toEqual(
    ["team.created", "team.deleted", "team.updated"].map((action) => ({ action, n: 10_000, rows: 10_000 })),
  );
});

test("every tenant table writes: an insert, update and delete by each one's own trigger function", async () => {
  const { rows } = await admin.query(`
    select c.oid::regclass::text as name, array_agg(t.tgname::text order by t.tgname) filter (where p.pronamespace = 'audit_parts'::regnamespace) as triggers
    from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_trigger t on t.tgrelid = c.oid and not t.tgisinternal and t.tgenabled = 'O' left join pg_proc p on p.oid = t.tgfoid
    where n.nspname in ('tenancy', 'mail', 'keyring', 'connections') and c.relkind = 'r'
      and (c.relname = 'workspaces' or exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id')) group by 1`);
  expect(rows.length).toBeGreaterThan(12);
  for (const row of rows)
    expect(row.triggers, row.name).toEqual(["audit_delete", "audit_insert", "audit_update"]);
});

describe("a caller with SQL of their own", () => {
  test("names no other request's person, sign-in or workspace: they are the token's", async () => {
    const member = await addMember(database, owner, "manager");
    const [team] = await asRequest<{ id: string }>(
      member.accessToken,
      { "request.id": "req-1", address: "203.0.113.9", userAgent: "forged" },
      "select * from tenancy.create_team('Forged')",
    );
    const [event] = await eventsOf(team!.id);
    expect(event.person_id).toBe(member.personId);
    const { rows } = await admin.query("select person_id, sign_in_id from audit.origins where id = $1", [
      event.origin_id,
    ]);
    expect(rows[0]).toEqual({ person_id: member.personId, sign_in_id: event.sign_in_id });
    // Another's origin stays as it was.
    const { rows: kept } = await admin.query(
      "select count(*)::int as n from audit.origins where person_id = $1 and address = '203.0.113.9'",
      [owner.personId],
    );
    expect(kept[0].n).toBe(0);
  });

  test("notes a hundred origins of a sign-in, and none of a session that has ended", async () => {
    const member = await addMember(database, owner, "manager");
    const note = async (userAgent: string, times = 1) => {
      const [row] = await asRequest<{ noted: number }>(
        member.accessToken,
        {},
        "select count(audit.note_origin('203.0.113.9', $1 || n))::int as noted from generate_series(1, $2::int) n",
        [userAgent, times],
      );
      return row!.noted;
    };
    const stored = async () =>
      (await admin.query("select from audit.origins where person_id = $1", [member.personId])).rowCount;
    expect(await note("first ")).toBe(1);
    await admin.query("update session.tokens set revoked_at = now() where person_id = $1", [member.personId]);
    expect(await note("ended ", 3)).toBe(0);
    expect(await stored()).toBe(1);
    await admin.query("update session.tokens set revoked_at = null where person_id = $1", [member.personId]);
    expect(await note("browser ", 150)).toBe(99);
    expect(await stored()).toBe(100);
    // One that is known stays known.
    expect(await note("first ")).toBe(1);
  });

  test("reaches no function that writes events, but for a refusal in their own log", async () => {
    const { rows } = await admin.query(`
      select p.proname from pg_proc p where p.pronamespace in ('audit'::regnamespace, 'audit_parts'::regnamespace)
        and (has_function_privilege('bulkhead_member', p.oid, 'execute') or has_function_privilege('bulkhead_api', p.oid, 'execute')) order by 1`);
    expect(rows.map((row) => row.proname)).toEqual([
      "create_sink",
      "denied",
      "erase_person",
      "note_origin",
      "pull_events",
      "request_export",
      "seal_status",
      "search_events",
      "set_retention",
      "subject_id",
    ]);
    await expect(
      asMember(database, owner.accessToken, (c) =>
        c.query("insert into audit.events (workspace_id, action) values ($1, 'a.b')", [owner.workspaceId]),
      ),
    ).rejects.toMatchObject({ code: "42501" });
  });
});

describe("events that are not rows", () => {
  const last = async (workspaceId: string) =>
    (
      await admin.query("select * from audit.events where workspace_id = $1 order by id desc limit 1", [
        workspaceId,
      ])
    ).rows[0];

  test("sign-ins, refreshes, their refusals and ends", async () => {
    const workspace = await createWorkspace(database, "Sessions");
    const api = apiPool(database);
    await api.query("select * from session.refresh($1)", [workspace.refreshToken]);
    await api.query("select * from session.refresh($1)", [workspace.refreshToken]);
    const { rows } = await admin.query(
      "select action, person_id from audit.events where workspace_id = $1 and action like 'session.%' order by id",
      [workspace.workspaceId],
    );
    expect(rows.map((row) => row.action)).toEqual([
      "session.signed_in",
      "session.refreshed",
      "session.ended",
      "session.refresh_refused",
    ]);
    expect(new Set(rows.map((row) => row.person_id))).toEqual(new Set([workspace.personId]));
  });

  test("a sign-in that failed and a refusal", async () => {
    await database
      .pool("bulkhead_identity", { max: 1 })
      .query("select audit.sign_in_failed($1, 'SSO_REQUIRED', 'web')", [owner.workspaceId]);
    expect(await last(owner.workspaceId)).toMatchObject({
      action: "session.sign_in_failed",
      details: { code: "SSO_REQUIRED", client: "web" },
      actor: "service",
      service: "identity",
    });
    await asMember(database, owner.accessToken, (c) =>
      c.query("select audit.denied('PERMISSION_MISSING', 'keys.rotate')"),
    );
    expect(await last(owner.workspaceId)).toMatchObject({
      action: "access.denied",
      details: { code: "PERMISSION_MISSING", permission: "keys.rotate" },
    });
  });

  test.each([
    [
      "provider.called",
      "bulkhead_mail_sync",
      "audit.provider_called('gmail', 'messages.list', false, 'RATE_LIMITED', 812, $1)",
      {
        provider: "gmail",
        operation: "messages.list",
        success: false,
        error_code: "RATE_LIMITED",
        duration_ms: 812,
      },
    ],
    [
      "model.called",
      "bulkhead_ai",
      "audit.model_called('some-model-1', 812, 96, 4120, 'USD', 'draft_reply', true, null, $1)",
      {
        model: "some-model-1",
        input_tokens: 812,
        output_tokens: 96,
        estimated_cost_micros: 4120,
        currency: "USD",
        source_function: "draft_reply",
        success: true,
      },
    ],
    [
      "sync.finished",
      "bulkhead_crm",
      "audit.sync_finished('salesforce', 'contacts', 250, true, null, 9100, $1)",
      { provider: "salesforce", kind: "contacts", items: 250, success: true, duration_ms: 9100 },
    ],
    [
      "webhook.judged",
      "bulkhead_billing",
      "audit.webhook_judged('stripe', 'invoice.paid', 'SIGNATURE_INVALID', false, $1)",
      { provider: "stripe", trigger: "invoice.paid", verdict: "SIGNATURE_INVALID", processed: false },
    ],
    [
      "key.used",
      "bulkhead_opener",
      "audit.key_used('rotated', 'content', 2, null, $1)",
      { operation: "rotated", purpose: "content", version: 2 },
    ],
  ] as const)("%s", async (action, login, call, details) => {
    await database.pool(login, { max: 1 }).query(`select ${call}`, [owner.workspaceId]);
    expect(await last(owner.workspaceId)).toMatchObject({
      action,
      details,
      actor: "service",
      service: login.slice(9),
    });
  });

  test("take no text that could be content", async () => {
    const ai = database.pool("bulkhead_ai", { max: 1 });
    for (const model of ["Dear Ms Canary, your invoice", "a'b", "x".repeat(101), ""])
      await expect(
        ai.query("select audit.model_called($1, 1, 1, 1, 'USD', 'f', true, null, $2)", [
          model,
          owner.workspaceId,
        ]),
      ).rejects.toMatchObject({ code: "ZA005" });
  });
});
