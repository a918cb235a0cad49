import { randomUUID } from "node:crypto";
import type pg from "pg";
import { beforeAll, describe, expect, test } from "vitest";
import { logins } from "../../database/services.ts";
import { createDatabase } from "../helpers/database.ts";
import { createWorkspace, type SignedIn } from "../helpers/people.ts";
import { fingerprint, seedEveryTable, tenantTables, type TenantTable } from "./seed.ts";
import { admin, become, column, connect } from "./support.ts";

// Driven by the catalog: a table or function that somebody adds is under test from then on.
const database = await createDatabase();
const tables: TenantTable[] = await tenantTables(admin(database));
let mine: SignedIn;
let theirs: SignedIn;
let theirRows: Record<string, string>;

beforeAll(async () => {
  mine = await createWorkspace(database, "Harbour");
  theirs = await createWorkspace(database, "Lighthouse");
  await seedEveryTable(admin(database), tables, [mine.workspaceId, theirs.workspaceId]);
  theirRows = await fingerprint(admin(database), tables, theirs.workspaceId);
});

const requestRoles = ["bulkhead_member", "bulkhead_agent", "bulkhead_recipient", "bulkhead_anonymous"];
const serviceLogins = logins.filter((login) => login !== "bulkhead_api" && login !== "bulkhead_deploy");

/** Everything that can present itself to the database, but for deploy. */
const actors: { title: string; login: (typeof logins)[number]; role: string }[] = [
  ...requestRoles.map((role) => ({ title: role, login: "bulkhead_api" as const, role })),
  { title: "bulkhead_api itself", login: "bulkhead_api", role: "none" },
  ...serviceLogins.map((login) => ({ title: login, login, role: "none" })),
];

/** Ids of the other workspace's rows, as many as one might have seen in a link. */
async function theirIds(): Promise<string[]> {
  const found = new Set([theirs.workspaceId, theirs.personId, theirs.membershipId]);
  for (const table of tables) {
    if (!table.columns.some((one) => one.name === "id" && one.type === "uuid")) continue;
    const sql = `select id from ${table.name} where ${table.tenantColumn} = $1 order by id desc limit 5`;
    for (const id of await column<string>(admin(database), sql, [theirs.workspaceId])) found.add(id);
  }
  return [...found];
}

/** A live token that this actor may present, for `mine`. Made by the superuser, as nothing else makes all of them. */
async function tokenFor(databaseRole: string): Promise<string> {
  if (databaseRole === "bulkhead_member") return mine.accessToken;
  const isService =
    serviceLogins.some((login) => login === databaseRole) && databaseRole !== "bulkhead_auditor";
  if (!isService && !["bulkhead_agent", "bulkhead_recipient"].includes(databaseRole)) return mine.accessToken;
  const [signInId] = await column<string>(
    admin(database),
    "select id from session.sign_ins where membership_id = $1",
    [mine.membershipId],
  );
  const [ticketId] = isService
    ? await column<string>(
        admin(database),
        "insert into session.tickets (service, workspace_id) values ($1, $2) returning id",
        [databaseRole.slice(9), mine.workspaceId],
      )
    : [null];
  const [token] = await column<string>(
    admin(database),
    "select session.mint($1, $2, $3, $4, 'owner', 'active', $5, $6, now() + interval '10 minutes')",
    [databaseRole, mine.workspaceId, mine.personId, mine.membershipId, isService ? null : signInId, ticketId],
  );
  return token!;
}

test("every table has rows of both workspaces: an empty one would prove nothing", async () => {
  expect(tables.length).toBeGreaterThan(15);
  for (const rows of [theirRows, await fingerprint(admin(database), tables, mine.workspaceId)]) {
    for (const [table, hash] of Object.entries(rows)) expect(hash, table).not.toMatch(/^0:/);
  }
});

describe.each(actors)(
  "$title, with a live token of one workspace (OPP-05, NUM-25, HLP-35, SPR-22)",
  ({ login, role }) => {
    let client: pg.Client;
    let token: string;
    beforeAll(async () => {
      client = await connect(database.url(login));
      token = await tokenFor(role === "none" ? login : role);
      return () => client.end();
    });

    async function attempt(sql: string): Promise<{ rows: unknown[][]; refused: string | null }> {
      await client.query("begin");
      try {
        await become(client, role, token);
        const { rows } = await client.query({ text: sql, rowMode: "array" });
        return { rows, refused: null };
      } catch (error) {
        return { rows: [], refused: (error as { code?: string }).code ?? "?" };
      } finally {
        await client.query("rollback");
      }
    }

    test("reads and counts no row of another, in any column of any table", async () => {
      let read = 0;
      for (const table of tables) {
        for (const one of table.columns) {
          const { rows, refused } = await attempt(
            `select "${one.name}"::text from ${table.name} where "${one.name}" is null or true`,
          );
          if (refused) {
            expect(refused, `${table.name}.${one.name}`).toBe("42501");
            continue;
          }
          read++;
          const own = await column<string | null>(
            admin(database),
            `select "${one.name}"::text from ${table.name} where ${table.tenantColumn} = $1`,
            [mine.workspaceId],
          );
          expect(rows.map((row) => row[0]).sort(), `${table.name}.${one.name}`).toEqual(own.sort());
        }
        const { rows, refused } = await attempt(
          `select count(*)::integer from ${table.name} where ${table.tenantColumn} = '${theirs.workspaceId}'`,
        );
        expect(refused ?? rows, table.name).toEqual(refused ? "42501" : [[0]]);
      }
      // Whoever is granted nothing reads nothing; a member must have read something, or the test looked at nothing.
      if (role === "bulkhead_member") expect(read).toBeGreaterThan(30);
      if (role === "none" || role === "bulkhead_anonymous") expect(read).toBe(0);
    });

    test("writes no row of any table by itself: every change is a function's", async () => {
      for (const table of tables) {
        const first = table.columns[0]!.name;
        const all = table.columns.map((one) => `"${one.name}"`).join(", ");
        for (const sql of [
          `insert into ${table.name} (${all}) select ${all} from ${table.name}`,
          `insert into ${table.name} (${table.tenantColumn}) values ('${theirs.workspaceId}')`,
          `insert into ${table.name} (${table.tenantColumn}) values ('${mine.workspaceId}')`,
          `update ${table.name} set "${first}" = "${first}"`,
          `update ${table.name} set ${table.tenantColumn} = '${mine.workspaceId}'`,
          `delete from ${table.name}`,
          `merge into ${table.name} t using (select 1) s on true when matched then delete`,
          `truncate ${table.name} cascade`,
          `select 1 from ${table.name} for update`,
          `lock table ${table.name} in access exclusive mode`,
        ]) {
          expect((await attempt(sql)).refused, sql).toBe("42501");
        }
      }
    });

    test("changes nothing of another through any function that it may call, whatever ids it passes (ISOLATION F1)", async () => {
      const functions = await callable(client, role);
      const ids = await theirIds();
      const before = await fingerprint(admin(database), tables, theirs.workspaceId);
      let called = 0;
      for (const one of functions) {
        for (const variant of variants(one.types, ids)) {
          const sql = one.isProcedure
            ? `call ${one.name}(${variant})`
            : `select to_jsonb(f)::text from ${one.name}(${variant}) f`;
          await client.query("begin");
          let rows: unknown[][] = [];
          try {
            await become(client, role, token);
            await client.query("set local statement_timeout = '5s'");
            ({ rows } = await client.query({ text: sql, rowMode: "array" }));
            called++;
            // Committed, so that deferred constraints and triggers have their say and the damage would show.
            await client.query("commit");
          } catch {
            await client.query("rollback");
          }
          for (const [text] of rows) expect(String(text), sql).not.toContain(`canary-${theirs.workspaceId}`);
        }
        const now = await fingerprint(admin(database), tables, theirs.workspaceId);
        expect(now, one.name).toEqual(before);
      }
      if (role === "bulkhead_member") expect(called).toBeGreaterThan(20);
    });
  },
);

/** What a service does across workspaces by its nature, with no session and no ticket: each with its reason. */
const acrossWorkspaces: Record<string, string> = {
  "session.complete_sign_in": "identity: before there is a session",
  "tenancy.provision_workspace": "identity: before there is a workspace",
  "audit.unsealed_subjects": "notary: seals the names of all people for the audit log",
  "audit.store_subject": "notary: keeps what it sealed",
};

interface Callable {
  readonly name: string;
  readonly types: string[];
  readonly isProcedure: boolean;
}

async function callable(client: pg.Client, role: string): Promise<Callable[]> {
  const [user] = await column<string>(client, "select session_user::text");
  const { rows } = await admin(database).query<Callable>(
    `select p.pronamespace::regnamespace || '.' || p.proname as name, p.prokind = 'p' as "isProcedure",
       array(select format_type(case t.typtype when 'd' then t.typbasetype else t.oid end, null)
         from unnest(p.proargtypes) with ordinality a (type, ord) join pg_type t on t.oid = a.type order by ord) as types
     from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where pg_get_userbyid(n.nspowner) in ('bulkhead_owner', 'bulkhead_keeper', 'bulkhead_queue') and n.nspname not like 'queue\\_%'
       and p.prokind in ('f', 'p') and p.prorettype <> 'trigger'::regtype
       and has_schema_privilege($1, n.oid, 'usage') and has_function_privilege($1, p.oid, 'execute')
     order by 1`,
    [role === "none" ? user : role],
  );
  // What ends the actor's own session comes last.
  const last = (one: Callable) =>
    Number(/leave_workspace|remove_member|suspend|end_member|sign_out|set_session_policy/.test(one.name));
  return rows.filter((one) => !(one.name in acrossWorkspaces)).sort((a, b) => last(a) - last(b));
}

/** Argument lists: each of their ids in every uuid position, with harmless values beside it. */
function variants(types: readonly string[], ids: readonly string[]): string[] {
  const list = types.some((type) => type.startsWith("uuid")) ? ids : [randomUUID()];
  return list.map((id) =>
    types
      .map((type) => {
        if (type === "uuid") return `'${id}'::uuid`;
        if (type === "uuid[]") return `array['${id}']::uuid[]`;
        if (type === "text") return `'viewer'::text`;
        if (/^(integer|bigint|smallint|numeric)$/.test(type)) return `60::${type}`;
        if (type === "boolean") return "true";
        if (type === "interval") return "interval '1 hour'";
        if (type === "bytea") return `'\\x${"00".repeat(32)}'::bytea`;
        if (type === "inet") return "'192.0.2.1'::inet";
        return `null::${type}`;
      })
      .join(", "),
  );
}
