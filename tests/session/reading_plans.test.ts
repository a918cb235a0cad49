import { beforeAll, describe, expect, test } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { asMember, createWorkspace, type SignedIn } from "../helpers/people.ts";
import { admin, column } from "./support.ts";

const database = await createDatabase();
let mine: SignedIn;

/** What EXPLAIN (format json) says of a node, as far as it matters here. */
interface Plan {
  "Node Type": string;
  "Relation Name"?: string;
  "Parent Relationship"?: string;
  "Subplan Name"?: string;
  "Index Cond"?: string;
  "Actual Loops"?: number;
  "Actual Rows"?: number;
  Filter?: string;
  Plans?: Plan[];
}

const workspaces = 100;
const perWorkspace = 200;

beforeAll(async () => {
  mine = await createWorkspace(database, "Harbour");
  // Many workspaces with many rows: so few that a sequential scan is cheaper would say nothing about the index.
  await admin(database).query(`
    begin;
    set local session_replication_role = replica;
    insert into tenancy.workspaces (name) select 'Workspace ' || i from generate_series(1, ${workspaces}) i;
    create temporary table filled on commit drop as select id from tenancy.workspaces;
    insert into tenancy.workspaces (name) select 'Empty ' || i from generate_series(1, 3000) i;
    insert into tenancy.people (workspace_id, id, email, name)
    select w.id, gen_random_uuid(), i || '@example.com', '' from filled w, generate_series(1, ${perWorkspace}) i;
    insert into tenancy.memberships (workspace_id, person_id, role_key)
    select workspace_id, id, 'user' from tenancy.people on conflict do nothing;
    insert into tenancy.teams (workspace_id, name) select w.id, 'Team ' || i from filled w, generate_series(1, ${perWorkspace}) i;
    insert into tenancy.team_members (workspace_id, team_id, membership_id)
    select t.workspace_id, t.id, gen_random_uuid() from tenancy.teams t;
    insert into tenancy.invitations (workspace_id, email, role_key)
    select w.id, i || '@invited.example.com', 'user' from filled w, generate_series(1, ${perWorkspace}) i;
    insert into mail.inboxes (workspace_id, name) select w.id, 'Inbox ' || i from filled w, generate_series(1, ${perWorkspace}) i;
    insert into mail.conversations (workspace_id, inbox_id, last_message_at) select workspace_id, id, now() from mail.inboxes;
    insert into mail.imports (workspace_id, inbox_id, requested_by) select workspace_id, id, gen_random_uuid() from mail.inboxes;
    insert into mail.import_errors (workspace_id, import_id, position, code, message) select workspace_id, id, 1, 'X_Y', '' from mail.imports;
    insert into mail.messages (workspace_id, inbox_id, conversation_id, message_id_hash, sort_at, size, sealed_subject, sealed_body)
    select workspace_id, inbox_id, id, sha256(uuid_send(id)), now(), 1, '', '' from mail.conversations;
    insert into mail.attachments (workspace_id, message_id, position, size, sealed_content) select workspace_id, id, 1, 1, '' from mail.messages;
    insert into audit.events (workspace_id, action) select w.id, 'a.b' from filled w, generate_series(1, ${perWorkspace}) i;
    commit`);
  await admin(database).query("analyze");
});

/** The nodes of a plan, outermost first. */
const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

async function explain(sql: string): Promise<Plan[]> {
  const [answer] = await asMember(database, mine.accessToken, (client) =>
    column<[{ Plan: Plan }]>(
      client,
      `explain (analyze, verbose, format json, costs off, timing off, summary off, buffers off) ${sql}`,
    ),
  );
  return nodes(answer![0].Plan);
}

const exposed = await column<string>(
  admin(database),
  `select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p') and n.nspname not in ('session', 'sealed', 'keyring', 'queue', 'app', 'isolation')
     and has_any_column_privilege('bulkhead_member', c.oid, 'select')
     and pg_get_userbyid(n.nspowner) = 'bulkhead_owner' order by 1`,
);
const withTenant = exposed.filter((table) => !/^tenancy\.(permissions|roles|role_permissions)$/.test(table));
const seeded = new Set(
  await column<string>(admin(database), "select unnest($1::text[])", [
    [
      "audit.events",
      "mail.attachments",
      "mail.conversations",
      "mail.import_errors",
      "mail.imports",
      "mail.inboxes",
      "mail.messages",
      "tenancy.invitations",
      "tenancy.memberships",
      "tenancy.people",
      "tenancy.team_members",
      "tenancy.teams",
      "tenancy.workspaces",
    ],
  ]),
);

async function readable(table: string): Promise<string> {
  const names = await column<string>(
    admin(database),
    `select attname from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped
       and has_column_privilege('bulkhead_member', attrelid, attnum, 'select') order by attnum`,
    [table],
  );
  return names.map((name) => `"${name}"`).join(", ");
}

describe("the policy of each exposed table", () => {
  test.each(exposed)(
    "%s asks for the session once per statement, not once per row (DSK-33)",
    async (table) => {
      const plan = await explain(`select ${await readable(table)} from ${table}`);
      const initPlans = plan.filter((node) => node["Parent Relationship"] === "InitPlan");
      // One question, or two or three where a policy asks for more than the tenant: never one a row.
      expect(initPlans.length).toBeGreaterThan(0);
      expect(initPlans.length).toBeLessThanOrEqual(3);
      for (const node of initPlans) expect(node["Actual Loops"]).toBeLessThanOrEqual(1);
      for (const node of plan) {
        expect(node["Parent Relationship"]).not.toBe("SubPlan");
        // A call in a filter or a condition would be one per row.
        expect(`${node.Filter ?? ""} ${node["Index Cond"] ?? ""}`).not.toMatch(/session\./);
      }
    },
  );

  test.each(withTenant.filter((table) => seeded.has(table)))(
    "%s finds a workspace's rows by an index among those of many",
    async (table) => {
      const plan = await explain(`select ${await readable(table)} from ${table}`);
      // An empty month of the audit log is read as it is.
      const scans = plan.filter(
        (node) =>
          (node["Relation Name"] || node["Index Cond"]) &&
          !(/_20\d\d_\d\d$/.test(`${node["Relation Name"] ?? ""}`) && node["Actual Rows"] === 0),
      );
      const conditions = scans.map((node) => node["Index Cond"] ?? "").join(" ");
      expect(scans.map((node) => node["Node Type"])).not.toContain("Seq Scan");
      expect(conditions).toMatch(/\((\w+\.)?(workspace_id|id) = /);
    },
  );

  test("is asked once for each table of a join, however many rows there are", async () => {
    const plan = await explain(
      `select count(*) from mail.messages m join mail.conversations c on c.workspace_id = m.workspace_id and c.id = m.conversation_id
       join mail.inboxes i on i.workspace_id = m.workspace_id and i.id = m.inbox_id`,
    );
    const initPlans = plan.filter((node) => node["Parent Relationship"] === "InitPlan");
    expect(initPlans).toHaveLength(3);
    for (const node of initPlans) expect(node["Actual Loops"]).toBeLessThanOrEqual(1);
  });

  test("lets a page of the newest rows stop early: no sort of the whole workspace", async () => {
    const plan = await explain(
      "select id, sort_at from mail.messages order by workspace_id, sort_at desc, id desc limit 20",
    );
    expect(plan.map((node) => node["Node Type"])).not.toContain("Sort");
    expect(plan.find((node) => node["Relation Name"] === "messages")).toMatchObject({
      "Index Cond": expect.stringMatching(/workspace_id/),
    });
  });
});

describe("the path of a definer function", () => {
  /** The plan of a query as a definer function runs it: the session of a member, the policies of the owner. */
  async function explainAsOwner(sql: string): Promise<Plan[]> {
    const client = await admin(database).connect();
    try {
      await client.query("begin; set local session authorization bulkhead_deploy");
      await client.query("select set_config('session.token', $1, true)", [mine.accessToken]);
      await client.query("set local role bulkhead_owner");
      const [answer] = await column<[{ Plan: Plan }]>(
        client,
        `explain (format json, verbose, costs off) ${sql}`,
      );
      return nodes(answer![0].Plan);
    } finally {
      await client.query("rollback");
      client.release();
    }
  }

  test.each([
    [
      "tenancy.memberships",
      `workspace_id = '${"0".repeat(8)}-0000-0000-0000-000000000000' and id = '${"0".repeat(8)}-0000-0000-0000-000000000001'`,
    ],
    [
      "mail.messages",
      `workspace_id = '${"0".repeat(8)}-0000-0000-0000-000000000000' and id = any (array['${"0".repeat(8)}-0000-0000-0000-000000000001'::uuid])`,
    ],
    [
      "tenancy.people",
      `workspace_id = '${"0".repeat(8)}-0000-0000-0000-000000000000' and lower(email) = lower('a@b')`,
    ],
    [
      "tenancy.invitations",
      `workspace_id = '${"0".repeat(8)}-0000-0000-0000-000000000000' and lower(email) = lower('a@b')`,
    ],
  ])(
    "%s under its owner's policies is read by index and asks for the session once",
    async (table, condition) => {
      const plan = await explainAsOwner(`select * from ${table} where ${condition}`);
      const name = table.split(".")[1];
      const sequential = plan.filter(
        (node) => node["Node Type"] === "Seq Scan" && node["Relation Name"] === name,
      );
      expect(sequential).toEqual([]);
      expect(plan.map((node) => node["Index Cond"] ?? "").join(" ")).toMatch(/workspace_id = /);
      for (const node of plan) expect(node.Filter ?? "").not.toMatch(/session\.workspace_id\(\)/);
    },
  );

  test("tenancy.current_person reads one row, not the table", async () => {
    const read = await asMember(database, mine.accessToken, async (client) => {
      await client.query("select * from tenancy.current_person()");
      return column<number>(
        client,
        "select coalesce(seq_tup_read, 0)::integer from pg_stat_xact_user_tables where relid = 'tenancy.people'::regclass",
      );
    });
    expect(read).toEqual([0]);
  });
});
