import { chmod, mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import pg from "pg";
import { urlFor } from "../database/connect.ts";
import { deploy } from "../database/deploy.ts";
import { startPostgres } from "../database/embedded/server.ts";
import { logins } from "../database/services.ts";

// node bench/audit_at_scale.ts [millions]: how long the log's questions take on ten million rows, of which a workspace has a tenth,
// and by which index they are answered. Rows are generated, and sealed with hashes that are none: this measures reading.
const MILLIONS = Number(process.argv[2] ?? 10);
const WORKSPACES = 10;

const directory = await mkdtemp(path.join(os.tmpdir(), "bulkhead-scale-"));
await chmod(directory, 0o755);
const server = await startPostgres({
  dataDir: path.join(directory, "postgres"),
  password: "bench",
  settings: {
    shared_buffers: "1GB",
    maintenance_work_mem: "512MB",
    max_wal_size: "16GB",
    fsync: "off",
    synchronous_commit: "off",
    full_page_writes: "off",
    autovacuum: "off",
  },
});
try {
  await deploy({
    adminUrl: server.superuserUrl,
    deployUrl: urlFor(server.superuserUrl, { user: "bulkhead_deploy", password: "bench" }),
    passwords: Object.fromEntries(logins.map((login) => [login, "bench"])),
  });
  const admin = new pg.Client(server.superuserUrl);
  // The server ends the connection when something else has failed.
  admin.on("error", () => {});
  await admin.connect();
  const found = await arrange(admin);
  // Only now: a session ends long before ten million rows are there.
  await ask(await signIn(), found);
  await admin.end();
} finally {
  await server.stop();
  await rm(directory, { recursive: true, force: true });
}

/** An owner's session; and rows: 200 people, 50 kinds of action, each row and request some eight times. */
async function arrange(admin: pg.Client) {
  const identity = new pg.Client(
    urlFor(server.superuserUrl, { user: "bulkhead_identity", password: "bench" }),
  );
  await identity.connect();
  const workspaces: string[] = [];
  for (let i = 0; i < WORKSPACES; i++) {
    const { rows } = await identity.query("select tenancy.provision_workspace($1, $2, $3) as id", [
      `W${i}`,
      `o${i}@example.com`,
      `org_${i}`,
    ]);
    workspaces.push(rows[0].id);
  }
  await identity.end();
  const started = Date.now();
  const total = MILLIONS * 1_000_000;
  for (let from = 0; from < total; from += 1_000_000) {
    await admin.query(
      `insert into audit.events (workspace_id, id, occurred_at, action, row_id, actor, person_id, request_id)
      select ($1::uuid[])[1 + i % ${WORKSPACES}],
        -- A month back in steps of equal length, in the order of time as real ids are.
        (substr(audit.uuid_floor(at)::text, 1, 14) || '7' || substr(md5(i::text || 'a'), 1, 3) || '-8' || substr(md5(i::text || 'b'), 1, 3) || '-' || substr(md5(i::text || 'c'), 1, 12))::uuid,
        at, 'resource_' || (i / 10) % 10 || '.' || (array['created', 'updated', 'deleted', 'opened', 'denied'])[1 + (i / 100) % 5],
        md5('row' || i / 80)::uuid, 'member', md5('person' || (hashint8(i / 7) & 1023) % 200)::uuid, 'req-' || i / 80
      from (select i, now() - interval '30 days' + i * interval '30 days' / $2::bigint as at
        from generate_series($3::bigint, $4::bigint - 1) i) g`,
      [workspaces, total, from, Math.min(total, from + 1_000_000)],
    );
  }
  console.log(`${MILLIONS} million events written in ${seconds(started)}`);
  const sealing = Date.now();
  await admin.query(
    `insert into audit.chain (workspace_id, position, event_id, hash, resource, action, row_id, person_id, request_id)
    select e.workspace_id, row_number() over (partition by e.workspace_id order by e.id), e.id, sha256(e.id::text::bytea),
      split_part(e.action, '.', 1), e.action, e.row_id, e.person_id, e.request_id from audit.events e`,
  );
  await admin.query("update audit.notary_state set snapshot = pg_current_snapshot()::text");
  await admin.query("vacuum (analyze) audit.events");
  await admin.query("vacuum (analyze) audit.chain");
  await admin.query(
    "select brin_summarize_new_values(inhrelid) from pg_inherits where inhparent = 'audit.events_by_transaction'::regclass",
  );
  console.log(`chained, indexed and analyzed in ${seconds(sealing)}`);
  const { rows: sizes } = await admin.query(
    `select parent, pg_size_pretty(sum(pg_table_size(inhrelid))) as rows, pg_size_pretty(sum(pg_indexes_size(inhrelid))) as indexes
    from (select inhparent::regclass::text as parent, inhrelid from pg_inherits where inhparent in ('audit.events'::regclass, 'audit.chain'::regclass)) p group by 1 order by 1`,
  );
  console.table(sizes);
  const middle = total / 2;
  const { rows } = await admin.query(
    "select row_id, person_id, request_id from audit.events where request_id = $1 and workspace_id = $2 limit 1",
    [`req-${Math.floor(middle / 80)}`, workspaces.at(-1)],
  );
  return { person: rows[0].person_id, row: rows[0].row_id, request: rows[0].request_id };
}

/** The owner of the last workspace. */
async function signIn(): Promise<string> {
  const identity = new pg.Client(
    urlFor(server.superuserUrl, { user: "bulkhead_identity", password: "bench" }),
  );
  await identity.connect();
  const last = WORKSPACES - 1;
  const { rows } = await identity.query(
    "select access_token from session.complete_sign_in($1, $2, 'O', $3, 'Password', 's', 'web', null, null)",
    [`user_${last}`, `o${last}@example.com`, `org_${last}`],
  );
  await identity.end();
  return rows[0].access_token;
}

/** Each question as a member asks it, ten times; the first answer apart, and how many pages it read. */
async function ask(
  token: string,
  { person, row, request }: Awaited<ReturnType<typeof arrange>>,
): Promise<void> {
  const api = new pg.Client(urlFor(server.superuserUrl, { user: "bulkhead_api", password: "bench" }));
  await api.connect();
  const questions: [string, string][] = [
    ["newest 50", "select * from audit.search_events()"],
    ["a page ten days back", "select * from audit.search_events(until => now() - interval '10 days')"],
    ["by action", "select * from audit.search_events(action => 'resource_3.denied')"],
    ["by resource", "select * from audit.search_events(resource => 'resource_7')"],
    ["by person", `select * from audit.search_events(person_id => '${person}')`],
    ["by row", `select * from audit.search_events(row_id => '${row}')`],
    ["by request", `select * from audit.search_events(request_id => '${request}')`],
    [
      "by person and action",
      `select * from audit.search_events(person_id => '${person}', action => 'resource_3.denied')`,
    ],
    [
      "by person, in one day",
      `select * from audit.search_events(person_id => '${person}', since => now() - interval '11 days', until => now() - interval '10 days')`,
    ],
    [
      "by person, 1,000 rows",
      `select * from audit.search_events(person_id => '${person}', max_events => 1000)`,
    ],
    [
      "by a row that there is not",
      "select * from audit.search_events(row_id => '00000000-0000-7000-8000-000000000000')",
    ],
    ["the table's own newest 50", "select id, action from audit.events order by id desc limit 50"],
    ["the seal's state", "select * from audit.seal_status()"],
  ];
  const table: Record<string, object> = {};
  for (const [name, sql] of questions) {
    const times: number[] = [];
    let rows = 0;
    for (let i = 0; i < 11; i++) {
      await api.query("begin");
      await api.query(
        "select set_config('role', 'bulkhead_member', true), set_config('session.token', $1, true)",
        [token],
      );
      const started = performance.now();
      rows = (await api.query(sql)).rowCount ?? 0;
      times.push(performance.now() - started);
      await api.query("commit");
    }
    const [first, ...rest] = times as [number, ...number[]];
    await api.query("begin");
    await api.query(
      "select set_config('role', 'bulkhead_member', true), set_config('session.token', $1, true)",
      [token],
    );
    const { rows: explained } = await api.query(`explain (analyze, buffers, format json) ${sql}`);
    await api.query("commit");
    const plan = explained[0]["QUERY PLAN"][0].Plan;
    table[name] = {
      rows,
      "first ms": first.toFixed(1),
      "median ms": rest.toSorted((a, b) => a - b)[5]!.toFixed(1),
      pages: plan["Shared Hit Blocks"] + plan["Shared Read Blocks"],
    };
  }
  console.table(table);
  await api.end();
}

function seconds(started: number): string {
  return `${((Date.now() - started) / 1000).toFixed(0)} s`;
}
