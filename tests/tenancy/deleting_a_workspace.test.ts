import { readFile } from "node:fs/promises";
import type { JobHelpers } from "graphile-worker";
import { beforeAll, describe, expect, test } from "vitest";
import { deleteWorkspaces } from "../../worker/tasks/delete_workspaces.ts";
import { createDatabase } from "../helpers/database.ts";
import { addMember, asMember, createWorkspace, signIn, type SignedIn } from "../helpers/people.ts";
import { fingerprint, seedEveryTable, tenantTables, type TenantTable } from "../session/seed.ts";
import { admin } from "../session/support.ts";

const database = await createDatabase();
const superuser = admin(database);
const janitor = database.pool("bulkhead_janitor", { max: 2 });
const tables: TenantTable[] = await tenantTables(superuser);

/** What outlives a workspace, each with its reason. */
const outlives: Record<string, string> = {
  "audit.events": "pseudonyms, names of actions and columns; kept as long as the workspace's retention said",
  "audit.chain": "the hashes of these events",
  "audit.heads": "the signatures over these hashes",
  "audit.proofs": "the proofs that these heads were under a root",
  "audit.tips": "where the chain ends",
};

function remove(who: SignedIn, name: string | null) {
  return asMember(database, who.accessToken, (client) =>
    client.query("select * from tenancy.delete_workspace($1)", [name]),
  );
}

/** The janitor's task, as the worker runs it. */
async function runJanitor(): Promise<void> {
  const helpers = {
    abortSignal: new AbortController().signal,
    query: (text: string, values: unknown[]) => janitor.query(text, values),
    async withPgClient(work: (client: unknown) => Promise<unknown>) {
      const client = await janitor.connect();
      try {
        return await work(client);
      } finally {
        client.release();
      }
    },
  } as unknown as JobHelpers;
  await deleteWorkspaces(undefined, helpers);
}

/** How many rows each table has of a workspace; tables without one are left out. */
async function rowsOf(workspaceId: string): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const { name, tenantColumn } of tables) {
    const { rows } = await superuser.query(
      `select count(*)::int as n from ${name} where ${tenantColumn} = $1`,
      [workspaceId],
    );
    if (rows[0].n > 0) found[name] = rows[0].n;
  }
  return found;
}

async function state(workspaceId: string) {
  const { rows } = await superuser.query(
    `select keys_destroyed_at is not null as keys, finished_at is not null as finished, removed_row_count::int as removed, audit_months as months
     from session.deleted_workspaces where id = $1`,
    [workspaceId],
  );
  return rows[0];
}

/** A grant that a provider has not taken back yet. */
async function pendingRevocation(who: SignedIn): Promise<string> {
  await superuser.query(
    `insert into connections.providers (provider, profile, service, kind, authorize_url, pkce, scopes)
     values ('google', 'mailbox', 'mail_sync', 'oauth', 'https://accounts.google.com/?x=1', 'S256', '{}') on conflict do nothing`,
  );
  await superuser.query(
    `insert into keyring.workspace_keys (workspace_id, purpose, version, kek, wrapped)
     select $1, p, 1, 'local:v1', repeat('x', 40) from unnest(array['content', 'index', 'credential']) p`,
    [who.workspaceId],
  );
  const { rows } = await superuser.query(
    `insert into connections.connections (workspace_id, person_id, provider, profile, service, state, account_id, version, key_version)
     values ($1, $2, 'google', 'mailbox', 'mail_sync', 'connected', 'ada@example.com', 1, 1) returning id`,
    [who.workspaceId, who.personId],
  );
  await superuser.query(
    `insert into connections.credentials (workspace_id, connection_id, version, sealed, sealed_revocation, key_version)
     values ($1, $2, 1, 'eyJa.b.c.d.e', 'eyJa.b.c.d.e', 1)`,
    [who.workspaceId, rows[0].id],
  );
  return rows[0].id as string;
}

describe("deleting a workspace is refused", () => {
  let owner: SignedIn;
  let untouched: Record<string, string>;
  beforeAll(async () => {
    owner = await createWorkspace(database, "Harbour");
    untouched = await fingerprint(superuser, tables, owner.workspaceId);
    return async () => {
      expect(await state(owner.workspaceId)).toBeUndefined();
      // Refusals are written into the log, and nothing else has changed.
      for (const [table, hash] of Object.entries(await fingerprint(superuser, tables, owner.workspaceId)))
        if (!/audit\.|session\.|tenancy\.(people|memberships|invitations)/.test(table))
          expect(hash, table).toBe(untouched[table]);
    };
  });

  test.each(["", "harbour", "Harbour ", "%", null])("without the workspace's own name: %j", async (name) => {
    await expect(remove(owner, name)).rejects.toMatchObject({ code: "ZT014" });
  });

  test.each(["admin", "manager", "user", "billing", "viewer"])("to a member who is %s", async (role) => {
    const member = await addMember(database, owner, role);
    await expect(remove(member, "Harbour")).rejects.toMatchObject({ code: "ZT001" });
  });

  test("to another tenant's owner, even of a workspace of the same name: they delete their own", async () => {
    const other = await createWorkspace(database, "Lighthouse");
    await expect(remove(other, "Harbour")).rejects.toMatchObject({ code: "ZT014" });
    expect(await rowsOf(owner.workspaceId)).toHaveProperty("tenancy.workspaces", 1);
  });

  test.each(["bulkhead_agent", "bulkhead_recipient", "bulkhead_anonymous"])(
    "to %s, whatever token it carries",
    async (role) => {
      await expect(
        asMember(
          database,
          owner.accessToken,
          (client) => client.query("select tenancy.delete_workspace('Harbour')"),
          role,
        ),
      ).rejects.toMatchObject({ code: "42501" });
    },
  );

  test("without a session", async () => {
    await expect(
      asMember(database, null, (client) => client.query("select tenancy.delete_workspace('Harbour')")),
    ).rejects.toMatchObject({ code: "ZS001" });
  });

  test("while there is a workspace under it, until that is gone", async () => {
    const agency = await createWorkspace(database, "Agency");
    const child = await createWorkspace(database, "Client");
    await superuser.query("update tenancy.workspaces set parent_id = $1 where id = $2", [
      agency.workspaceId,
      child.workspaceId,
    ]);
    await expect(remove(agency, "Agency")).rejects.toMatchObject({ code: "ZT015" });
    await remove(child, "Client");
    await expect(remove(agency, "Agency")).rejects.toMatchObject({ code: "ZT015" });
    await runJanitor();
    await remove(agency, "Agency");
  });
});

describe("with the owner's commit", () => {
  let owner: SignedIn;
  let member: SignedIn;
  let connectionId: string;
  let ticketId: string;
  let answer: Record<string, unknown>;
  let runningToken: string;
  let callId: string;
  beforeAll(async () => {
    owner = await createWorkspace(database, "Quay");
    member = await addMember(database, owner, "admin");
    connectionId = await pendingRevocation(member);
    await asMember(database, owner.accessToken, (client) => client.query("select audit.set_retention(24)"));
    const { rows } = await superuser.query(
      "insert into session.tickets (service, workspace_id) values ('mail_sync', $1) returning id",
      [owner.workspaceId],
    );
    ticketId = rows[0].id as string;
    // A job that is running already, and a question that waits for the opener.
    const running = await superuser.query(
      "insert into session.tickets (service, workspace_id) values ('mail_sync', $1) returning id",
      [owner.workspaceId],
    );
    const claimed = await database
      .pool("bulkhead_mail_sync", { max: 1 })
      .query("select session.claim_ticket($1) as token", [running.rows[0].id]);
    runningToken = claimed.rows[0].token as string;
    expect(await keysOf(runningToken)).toBe(1);
    const question = await superuser.query(
      `with caller as (insert into sealed.callers (public_key) values (repeat('x', 40)) returning id)
       insert into sealed.calls (service, kind, caller_id, workspace_id, expires_at)
       select 'opener', 'mail.body', id, $1, now() + interval '1 hour' from caller returning id`,
      [owner.workspaceId],
    );
    callId = question.rows[0].id as string;
  });

  /** How many content keys a job of the mail service sees with its token. */
  async function keysOf(token: string): Promise<number> {
    const client = await database.pool("bulkhead_mail_sync", { max: 1 }).connect();
    try {
      await client.query("begin");
      await client.query("select set_config('session.token', $1, true)", [token]);
      return (await client.query("select from keyring.keys('content')")).rowCount ?? 0;
    } finally {
      await client.query("rollback");
      client.release();
    }
  }

  test("an open transaction of a member sees nothing with its next statement", async () => {
    const seen = await asMember(database, member.accessToken, async (client) => {
      const before = await client.query("select count(*)::int as n from tenancy.people");
      ({
        rows: [answer],
      } = await remove(owner, "Quay"));
      const after = await client.query("select count(*)::int as n from tenancy.people");
      return [before.rows[0].n, after.rows[0].n];
    });
    expect(seen).toEqual([2, 0]);
    expect(answer).toMatchObject({
      workspace_id: owner.workspaceId,
      ended_sign_in_count: 2,
      ended_connection_count: 1,
      pending_revocation_count: 1,
    });
  });

  test("every token and refresh token is dead, the owner's own too", async () => {
    const api = database.pool("bulkhead_api", { max: 1 });
    for (const { accessToken, refreshToken } of [owner, member]) {
      const { rows } = await api.query("select reason from session.authenticate($1)", [accessToken]);
      expect(rows[0].reason).toBe("SESSION_REVOKED");
      const refreshed = await api.query("select reason from session.refresh($1)", [refreshToken]);
      expect(refreshed.rows[0].reason).toBe("REFRESH_UNKNOWN");
    }
  });

  test("nobody gets in again: not through the organization, not by an invitation, not with a ticket of any service", async () => {
    await expect(signIn(database, { ...member })).rejects.toMatchObject({ code: "ZT010" });
    const identity = database.pool("bulkhead_identity", { max: 1 });
    const withoutOrganization = identity.query(
      "select session.complete_sign_in($1, $2, 'A', null, 'Password', 's', 'web', '127.0.0.1', 't')",
      [member.subject, member.email],
    );
    await expect(withoutOrganization).rejects.toMatchObject({ code: expect.stringMatching(/^ZT01[17]$/) });
    await expect(
      database.pool("bulkhead_mail_sync", { max: 1 }).query("select session.claim_ticket($1)", [ticketId]),
    ).rejects.toMatchObject({ code: "ZS006" });
    for (const service of ["identity", "opener", "mail_sync", "crm", "notary"]) {
      await expect(
        superuser.query("insert into session.tickets (service, workspace_id) values ($1, $2)", [
          service,
          owner.workspaceId,
        ]),
      ).rejects.toMatchObject({ code: "ZT016" });
    }
  });

  test("a job that was running opens nothing any more, and the opener finds neither question nor key", async () => {
    expect(await keysOf(runningToken)).toBe(0);
    const opener = database.pool("bulkhead_opener", { max: 1 });
    expect((await opener.query("select from sealed.take_to_open($1)", [[callId]])).rowCount).toBe(0);
  });

  test("the credential's row is gone, and of the keys only the one that gives the grant back is left", async () => {
    const left = await rowsOf(owner.workspaceId);
    expect(left).not.toHaveProperty("connections.credentials");
    expect(left).toHaveProperty("connections.revocations", 1);
    const { rows } = await superuser.query(
      "select purpose from keyring.workspace_keys where workspace_id = $1",
      [owner.workspaceId],
    );
    expect(rows).toEqual([{ purpose: "credential" }]);
  });

  test("nobody of it can be named from the audit log any more", async () => {
    const { rows } = await superuser.query(
      `select count(*)::int as people, count(s.erased_at)::int as erased, count(s.wrapped_key)::int as named
       from tenancy.people p left join audit.subjects s on s.workspace_id = p.workspace_id and s.person_id = p.id
       where p.workspace_id = $1`,
      [owner.workspaceId],
    );
    expect(rows).toEqual([{ people: 2, erased: 2, named: 0 }]);
  });

  test("the workspace waits for the provider, a day at most; everything but that goes at once", async () => {
    await runJanitor();
    const left = Object.keys(await rowsOf(owner.workspaceId)).filter((table) => !(table in outlives));
    expect(left.filter((table) => /^(mail|audit)\./.test(table))).toEqual(["audit.subjects"]);
    expect(await state(owner.workspaceId)).toMatchObject({ keys: false, finished: false });
    // The job that gives the grant back still may, and finds what it needs.
    const { rows } = await superuser.query(
      `select payload ->> 'ticket_id' as ticket, payload ->> 'revocation_id' as revocation, max_attempts
       from queue_mail_sync._private_jobs j join queue_mail_sync._private_tasks t on t.id = j.task_id
       where t.identifier = 'connection_revoke' order by j.id desc limit 1`,
    );
    expect(rows[0].max_attempts).toBe(13);
    const client = await database.pool("bulkhead_mail_sync", { max: 1 }).connect();
    try {
      await client.query("begin");
      await client.query("select set_config('session.token', session.claim_ticket($1), true)", [
        rows[0].ticket,
      ]);
      const taken = await client.query("select * from connections.take_revocation($1)", [rows[0].revocation]);
      expect(taken.rows[0]).toMatchObject({ connection_id: connectionId, keys: { 1: { kek: "local:v1" } } });
      await client.query("select connections.finish_revocation($1, 'revoked')", [rows[0].revocation]);
      await client.query("commit");
    } finally {
      client.release();
    }
  });

  test("with the provider's answer the last key goes, then the rest; what stays is listed and names nobody", async () => {
    await runJanitor();
    expect(Object.keys(await rowsOf(owner.workspaceId)).filter((table) => !(table in outlives))).toEqual([]);
    expect(await state(owner.workspaceId)).toMatchObject({ keys: true, finished: true, months: 24 });
    const { rows } = await superuser.query(
      "select e::text as row from audit.events e where workspace_id = $1",
      [owner.workspaceId],
    );
    expect(rows.length).toBeGreaterThan(5);
    for (const { row } of rows)
      expect(row).not.toMatch(new RegExp(`${owner.email}|${member.email}|Quay|ada@example`, "i"));
    const actions = await superuser.query(
      "select action from audit.events where workspace_id = $1 and action like 'workspace.%' order by id",
      [owner.workspaceId],
    );
    expect(actions.rows.map((one) => one.action)).toEqual(
      expect.arrayContaining(["workspace.deletion_started", "workspace.keys_destroyed", "workspace.deleted"]),
    );
  });

  test("a stolen or old token is unknown afterwards", async () => {
    const { rows } = await database
      .pool("bulkhead_api", { max: 1 })
      .query("select reason from session.authenticate($1)", [member.accessToken]);
    expect(rows[0].reason).toBe("SESSION_UNKNOWN");
  });
});

test("a provider that never answers is waited for until the day is over: then the keys go all the same", async () => {
  const owner = await createWorkspace(database, "Jetty");
  await pendingRevocation(owner);
  await remove(owner, "Jetty");
  await runJanitor();
  expect(await state(owner.workspaceId)).toMatchObject({ keys: false, finished: false });
  await superuser.query(
    "update session.deleted_workspaces set requested_at = requested_at - interval '24 hours' where id = $1",
    [owner.workspaceId],
  );
  await runJanitor();
  expect(await state(owner.workspaceId)).toMatchObject({ keys: true, finished: true });
});

describe("whatever tables there are (OPP-63)", () => {
  let doomed: SignedIn;
  let neighbour: SignedIn;
  let neighbours: Record<string, string>;
  beforeAll(async () => {
    doomed = await createWorkspace(database, "Doomed");
    neighbour = await createWorkspace(database, "Neighbour");
    const own = tables.filter(({ name }) => !/^(session|isolation)\./.test(name));
    await seedEveryTable(superuser, own, [doomed.workspaceId, neighbour.workspaceId]);
    // What the seed put in by force, in shapes that no function makes.
    await superuser.query("delete from tenancy.workspaces where parent_id in ($1, $2)", [
      doomed.workspaceId,
      neighbour.workspaceId,
    ]);
    const left = await rowsOf(doomed.workspaceId);
    for (const { name } of own) expect(left, name).toHaveProperty([name]);
    neighbours = await fingerprint(superuser, tables, neighbour.workspaceId);
  });

  test("no row of the workspace is left in any of them, and none of another's is touched, though the janitor is killed at each step", async () => {
    await remove(doomed, "Doomed");
    await superuser.query(
      "update session.deleted_workspaces set requested_at = requested_at - interval '24 hours' where id = $1",
      [doomed.workspaceId],
    );
    let killed = 0;
    for (let step = 0; ; step += 1) {
      // A janitor of its own for each step, killed in the middle of its transaction every other time.
      const { rows } = await janitor.query("select id from session.deletion_tickets() as id");
      if (rows.length === 0) break;
      const client = await janitor.connect();
      const { rows: me } = await client.query("select pg_backend_pid() as pid");
      await client.query("begin");
      await client.query("select set_config('session.token', session.claim_ticket($1), true)", [rows[0].id]);
      await client.query("select tenancy.remove_deleted_rows(1)");
      if (step % 2 === 0) {
        client.on("error", () => {});
        await superuser.query("select pg_terminate_backend($1)", [me[0].pid]);
        await expect(client.query("commit")).rejects.toThrow();
        client.release(true);
        killed += 1;
      } else {
        await client.query("commit");
        client.release();
      }
    }
    expect(killed).toBeGreaterThan(10);
    expect(Object.keys(await rowsOf(doomed.workspaceId)).filter((table) => !(table in outlives))).toEqual([]);
    expect(await fingerprint(superuser, tables, neighbour.workspaceId)).toEqual(neighbours);
  });

  test("the list of what to remove names every table that is a tenant's", async () => {
    const source = await readFile(
      new URL("../../functions/tenancy/remove_deleted_rows.sql", import.meta.url),
      "utf8",
    );
    const named = [...source.matchAll(/'((?:mail|audit|tenancy|connections|keyring)\.[a-z_]+)'/g)].map(
      (one) => one[1]!,
    );
    for (const { name } of tables) {
      // session.* and the workspace itself go in the last statement; questions are gone at once.
      if (/^(session|isolation)\.|^tenancy\.workspaces$|^sealed\.calls$/.test(name)) continue;
      expect([...named, ...Object.keys(outlives)], name).toContain(name);
    }
  });
});

describe("the janitor's function", () => {
  test("removes nothing without a ticket, nor with one of a workspace that was not deleted", async () => {
    const owner = await createWorkspace(database, "Alive");
    await expect(janitor.query("select tenancy.remove_deleted_rows(1000)")).rejects.toMatchObject({
      code: "ZS006",
    });
    const { rows } = await superuser.query(
      "insert into session.tickets (service, workspace_id) values ('janitor', $1) returning id",
      [owner.workspaceId],
    );
    const client = await janitor.connect();
    try {
      await client.query("begin");
      await client.query("select set_config('session.token', session.claim_ticket($1), true)", [rows[0].id]);
      await expect(client.query("select tenancy.remove_deleted_rows(1000)")).rejects.toMatchObject({
        code: "ZS006",
      });
    } finally {
      await client.query("rollback");
      client.release();
    }
  });

  test("is no other login's", async () => {
    for (const login of [
      "bulkhead_api",
      "bulkhead_mail_sync",
      "bulkhead_opener",
      "bulkhead_identity",
      "bulkhead_notary",
    ] as const) {
      const pool = database.pool(login, { max: 1 });
      await expect(pool.query("select tenancy.remove_deleted_rows(1)")).rejects.toMatchObject({
        code: "42501",
      });
      await expect(pool.query("select session.deletion_tickets()")).rejects.toMatchObject({ code: "42501" });
    }
  });
});

test("whoever slips in behind a deletion that is under way is refused when it has committed: a ticket, a sign-in, a workspace below", async () => {
  const owner = await createWorkspace(database, "Strait");
  const deleting = await database.pool("bulkhead_api", { max: 1 }).connect();
  await deleting.query("begin");
  await deleting.query(
    "select set_config('role', 'bulkhead_member', true), set_config('session.token', $1, true)",
    [owner.accessToken],
  );
  await deleting.query("select tenancy.delete_workspace('Strait')");
  const identity = database.pool("bulkhead_identity", { max: 2 });
  const outcome = (attempt: Promise<unknown>) =>
    attempt.then(
      () => "done",
      (error: { code?: string }) => error.code,
    );
  const attempts = [
    outcome(signIn(database, { ...owner, subject: owner.subject })),
    outcome(
      superuser.query("insert into session.tickets (service, workspace_id) values ('mail_sync', $1)", [
        owner.workspaceId,
      ]),
    ),
    outcome(
      identity.query("select tenancy.provision_workspace('Below', 'b@example.com', null, null, $1)", [
        owner.workspaceId,
      ]),
    ),
  ];
  // All of them wait for the one that deletes.
  for (;;) {
    const { rows } = await superuser.query(
      "select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    if (rows[0].n >= 3) break;
  }
  await deleting.query("commit");
  deleting.release();
  expect(await Promise.all(attempts)).toEqual(["ZT016", "ZT016", "ZT016"]);
});
