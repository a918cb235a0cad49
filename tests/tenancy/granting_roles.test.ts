import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { asMember } from "../helpers/people.ts";
import { admin } from "../session/support.ts";
import { call, createCrew, outcome, roles, type Crew, type Role } from "./support.ts";

// Generated from the catalogue: a role or permission that somebody adds is under test from then on.
const database = await createDatabase();
const catalogue = await roles(database);
let crew: Crew;

beforeAll(async () => {
  crew = await createCrew(database, "Harbour");
});

const has = (role: Role, permission: string) => role.permissions.includes(permission);
const mayGive = (giver: Role, given: Role) =>
  given.level <= giver.level && given.permissions.every((permission) => has(giver, permission));
const pairs = catalogue.flatMap((giver) => catalogue.map((given) => ({ giver, given })));
const named = pairs.map(({ giver, given }) => [giver.key, given.key, giver, given] as const);

test("the roles are presets on the six levels 100, 80, 60, 40, 30 and 20 (DSK-34, DSK-41, NUM-50)", () => {
  expect([...new Set(catalogue.map((role) => role.level))].sort((a, b) => b - a)).toEqual([
    100, 80, 60, 40, 30, 20,
  ]);
  expect(catalogue.map((role) => role.key).sort()).toEqual([
    "admin",
    "analyst",
    "billing",
    "learner",
    "manager",
    "operator",
    "owner",
    "user",
    "viewer",
  ]);
  for (const role of catalogue) for (const key of role.permissions) expect(key).toMatch(/^[a-z_]+\.[a-z_]+$/);
});

describe("inviting: nobody gives what they do not have, neither a level nor a permission (NUM-49, NUM-51)", () => {
  test.each(named)("%s invites %s: as the catalogue says", async (_giver, _given, giver, given) => {
    const expected = !has(giver, "invitations.manage") ? "ZT001" : mayGive(giver, given) ? "done" : "ZT003";
    const attempt = call(
      database,
      crew[giver.key]!,
      "invite_person",
      `${randomUUID()}@example.com`,
      given.key,
    );
    expect(await outcome(attempt)).toBe(expected);
  });
});

describe("changing a role: neither of somebody above, nor to one above", () => {
  test.each(named)(
    "%s changes a viewer into %s: as the catalogue says",
    async (_giver, _given, giver, given) => {
      const expected = !has(giver, "memberships.manage") ? "ZT001" : mayGive(giver, given) ? "done" : "ZT003";
      const attempt = asMember(database, crew[giver.key]!.accessToken, async (client) => {
        await client.query("select tenancy.change_member_role($1, $2)", [
          crew.viewer!.membershipId,
          given.key,
        ]);
        await client.query("select 1 / 0");
      }).catch((error: { code: string }) => (error.code === "22012" ? "done" : Promise.reject(error)));
      expect(await outcome(attempt)).toBe(expected);
    },
  );

  const acts = [
    "change_member_role",
    "suspend_member",
    "reactivate_member",
    "remove_member",
    "end_member_sessions",
  ];
  test.each(
    acts.flatMap((act) =>
      named.map(([, , giver, given]) => [act, giver.key, given.key, giver, given] as const),
    ),
  )(
    "%s by %s on %s: with the permission and not on a level above",
    async (act, _giver, _given, giver, given) => {
      const needed = act === "end_member_sessions" ? "sessions.revoke" : "memberships.manage";
      // Whatever is done is rolled back; the last owner stays whoever asks.
      const lastOwner = given.key === "owner" && !["end_member_sessions", "reactivate_member"].includes(act);
      const expected = !has(giver, needed)
        ? "ZT001"
        : given.level > giver.level
          ? "ZT003"
          : lastOwner
            ? "ZT007"
            : "done";
      const attempt = asMember(database, crew[giver.key]!.accessToken, async (client) => {
        const id = crew[given.key]!.membershipId;
        await (act === "change_member_role"
          ? client.query("select tenancy.change_member_role($1, 'viewer')", [id])
          : client.query(`select tenancy.${act}($1)`, [id]));
        await client.query("select 1 / 0");
      }).catch((error: { code: string }) => (error.code === "22012" ? "done" : Promise.reject(error)));
      expect(await outcome(attempt)).toBe(expected);
    },
  );
});

test("a level alone is not enough: a role of one's own level with a permission more is not given (NUM-51)", async () => {
  // The manager (60) has no audit.read, the analyst (40) has.
  expect(catalogue.find((role) => role.key === "analyst")!.level).toBeLessThan(60);
  expect(
    await outcome(call(database, crew.manager!, "invite_person", "analyst@example.com", "analyst")),
  ).toBe("ZT003");
  expect(
    await outcome(call(database, crew.manager!, "invite_person", "operator@example.com", "operator")),
  ).toBe("done");
});

test("a role that does not exist is given by nobody", async () => {
  for (const role of ["superuser", "", "OWNER", "owner "]) {
    expect(await outcome(call(database, crew.owner, "invite_person", "x@example.com", role)), role).toBe(
      "ZT002",
    );
    expect(
      await outcome(call(database, crew.owner, "change_member_role", crew.viewer!.membershipId, role)),
      role,
    ).toBe("ZT002");
  }
  expect(await outcome(call(database, crew.owner, "invite_person", "x@example.com", null))).toBe("ZT002");
});

test("the catalogue is changed by nobody at run time, not even by its owner", async () => {
  const client = await admin(database).connect();
  try {
    for (const sql of [
      "insert into tenancy.role_permissions values ('viewer', 'keys.rotate')",
      "insert into tenancy.roles values ('god', 100, 'God', '')",
      "insert into tenancy.permissions values ('a.b', '')",
    ]) {
      await client.query("begin; set local role bulkhead_owner");
      expect(await outcome(client.query(sql)), sql).toBe("42501");
      await client.query("rollback");
    }
    for (const sql of [
      "update tenancy.roles set level = 100",
      "delete from tenancy.role_permissions",
      "update tenancy.permissions set description = ''",
    ]) {
      await client.query("begin; set local role bulkhead_owner");
      expect((await client.query(sql)).rowCount, sql).toBe(0);
      await client.query("rollback");
    }
  } finally {
    client.release();
  }
});

test("whoever is signed in reads the catalogue, and nobody else", async () => {
  for (const table of ["permissions", "roles", "role_permissions"]) {
    const count = async (token: string) =>
      (
        await asMember(database, token, (client) =>
          client.query(`select count(*)::integer from tenancy.${table}`),
        )
      ).rows[0].count;
    expect(await count(crew.learner!.accessToken)).toBeGreaterThan(5);
    expect(await count("")).toBe(0);
  }
});

test("each role reads the tables that its permissions name, and no other (DSK-08, DSK-42)", async () => {
  const needs: Record<string, string> = {
    "tenancy.workspaces": "workspace.read",
    "tenancy.people": "people.read",
    "tenancy.memberships": "people.read",
    "tenancy.invitations": "invitations.read",
    "audit.events": "audit.read",
  };
  for (const role of catalogue) {
    for (const [table, permission] of Object.entries(needs)) {
      const { rows } = await asMember(database, crew[role.key]!.accessToken, (client) =>
        client.query(`select count(*)::integer from ${table}`),
      );
      expect(rows[0].count > 0, `${role.key}: ${table}`).toBe(has(role, permission));
    }
  }
});
