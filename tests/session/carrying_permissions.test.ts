import type pg from "pg";
import { beforeAll, expect, test } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { addMember, asMember, createWorkspace, signIn, type SignedIn } from "../helpers/people.ts";

// Policies read a token's permissions from its own row: whatever changes them elsewhere has to arrive there.
const database = await createDatabase();
const admin = database.pool("postgres");
let owner: SignedIn;

beforeAll(async () => {
  owner = await createWorkspace(database, "Harbour");
});

const permissionsOf = async (token: string, client: pg.Pool | pg.ClientBase = admin) => {
  const { rows } = await client.query(
    "select permissions, role_key from session.tokens where token_hash = session.token_hash($1)",
    [token],
  );
  return rows[0] as { permissions: string[]; role_key: string | null };
};
const catalogueOf = async (role: string | null) => {
  const { rows } = await admin.query(
    "select permission_key from tenancy.role_permissions where role_key = $1 order by 1",
    [role],
  );
  return rows.map(({ permission_key }) => permission_key as string);
};
const can = (token: string, permission: string) =>
  asMember(database, token, async (client) => {
    const { rows } = await client.query("select session.workspace_with($1) is not null as can", [permission]);
    return rows[0].can as boolean;
  });

test("a token's permissions are its role's, whatever is written into its row", async () => {
  const member = await addMember(database, owner, "viewer");
  const ofRole = await catalogueOf("viewer");
  expect(await permissionsOf(member.accessToken)).toEqual({ role_key: "viewer", permissions: ofRole });
  await admin.query(
    "update session.tokens set permissions = array['keys.rotate'] where token_hash = session.token_hash($1)",
    [member.accessToken],
  );
  expect((await permissionsOf(member.accessToken)).permissions).toEqual(ofRole);
  expect(await can(member.accessToken, "keys.rotate")).toBe(false);
});

test("a role that is taken, given or lost with the membership reaches tokens, and tokens of tickets", async () => {
  const member = await addMember(database, owner, "admin");
  const tickets = await admin.query(
    `insert into session.tickets (service, workspace_id, person_id, membership_id, role_key, membership_status)
      values ('mail_sync', $1, $2, $3, 'admin', 'active') returning id`,
    [member.workspaceId, member.personId, member.membershipId],
  );
  const { rows } = await database
    .pool("bulkhead_mail_sync", { max: 1 })
    .query("select session.claim_ticket($1) as token", [tickets.rows[0].id]);
  const tokens = [member.accessToken, rows[0].token as string];
  const change = (role: string) =>
    admin.query("update tenancy.memberships set role_key = $2 where id = $1", [member.membershipId, role]);
  for (const role of ["viewer", "admin", "analyst"]) {
    await change(role);
    for (const token of tokens)
      expect(await permissionsOf(token)).toEqual({ role_key: role, permissions: await catalogueOf(role) });
  }
  await admin.query("delete from tenancy.memberships where id = $1", [member.membershipId]);
  expect(await permissionsOf(member.accessToken)).toEqual({ role_key: null, permissions: [] });
  expect(await permissionsOf(tokens[1]!)).toBeUndefined();
});

test("a permission that is taken from a role is taken from its open sessions", async () => {
  const member = await addMember(database, owner, "admin");
  expect(await can(member.accessToken, "audit.read")).toBe(true);
  const taken = [
    "delete from tenancy.role_permissions where permission_key = 'audit.read'",
    "update tenancy.role_permissions set role_key = 'owner' where role_key = 'admin' and permission_key = 'audit.read'",
    "truncate tenancy.role_permissions",
  ];
  for (const sql of taken) {
    const client = await admin.connect();
    try {
      await client.query("begin");
      if (sql.startsWith("update"))
        await client.query(
          "delete from tenancy.role_permissions where role_key = 'owner' and permission_key = 'audit.read'",
        );
      await client.query(sql);
      expect((await permissionsOf(member.accessToken, client)).permissions, sql).not.toContain("audit.read");
    } finally {
      await client.query("rollback");
      client.release();
    }
  }
});

test("a session that begins while a permission is being taken begins without it", async () => {
  const member = await addMember(database, owner, "admin");
  const { organizationId, email, subject } = member;
  const client = await admin.connect();
  try {
    await client.query("begin");
    await client.query(
      "delete from tenancy.role_permissions where role_key = 'admin' and permission_key = 'audit.read'",
    );
    let done = false;
    const begun = signIn(database, { organizationId, email, subject }).finally(() => (done = true));
    for (;;) {
      const { rows } = await admin.query(
        "select from pg_stat_activity where datname = current_database() and usename = 'bulkhead_identity' and wait_event_type = 'Lock'",
      );
      if (done || rows.length > 0) break;
    }
    await client.query("commit");
    const { accessToken } = await begun;
    expect((await permissionsOf(accessToken)).permissions).not.toContain("audit.read");
    expect(await can(accessToken, "audit.read")).toBe(false);
  } finally {
    await client.query("rollback");
    client.release();
  }
});
