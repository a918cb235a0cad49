import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { generateKeyPairSync } from "node:crypto";
import pg from "pg";
import { chainHash, genesisHash, type AuditEvent } from "../audit/encoding.ts";
import { readNotaryKey, signHead } from "../audit/signatures.ts";
import { verifyExport } from "../audit/verify.ts";
import { urlFor } from "../database/connect.ts";
import { deploy } from "../database/deploy.ts";
import { startTemporaryPostgres } from "../database/embedded/temporary.ts";
import { logins } from "../database/services.ts";
import { sealEvents } from "../worker/audit/seal.ts";

// node bench/audit.ts [rounds]: what the audit log costs a write, on a durable Postgres of its own: 8 clients, 100
// workspaces, one row a transaction as the API sends it (begin, settings, statement, commit in one burst). Ratios are
// medians of paired rounds. Then bulk statements, the notary's rate, and the offline verifier over a million rows.
const ROUNDS = Number(process.argv[2] ?? 7);
const SLICE_MS = 1_500;
const CLIENTS = 8;
const WORKSPACES = 100;
const NOTES = "x".repeat(200);
/** Whether the verifier is to find a changed row. */
const CHANGE = process.argv.includes("--change");
const tables = ["plain", "common", "ours"] as const;

// Durable, as in production.
const server = await startTemporaryPostgres({
  settings: {
    fsync: "on",
    synchronous_commit: "on",
    full_page_writes: "on",
    shared_buffers: "512MB",
    max_wal_size: "4GB",
  },
});
try {
  const deployUrl = urlFor(server.superuserUrl, { user: "bulkhead_deploy", password: "bench" });
  await deploy({
    adminUrl: server.superuserUrl,
    deployUrl,
    passwords: Object.fromEntries(logins.map((login) => [login, "bench"])),
  });
  const admin = new pg.Client(server.superuserUrl);
  await admin.connect();
  const tokens = await arrange(admin);
  for (const kind of ["insert", "update"] as const) await compare(kind, tokens);
  await bulk(admin);
  await notary(admin);
  await admin.end();
  await offline(1_000_000);
} finally {
  await server.stop();
}

interface BenchSession {
  readonly token: string;
  readonly workspaceId: string;
  /** As the API notes it once for a sign-in, and then names with each request. */
  readonly origin: string;
}

/** Three equal tenant tables: without a trigger, with a common row trigger that keeps both rows as JSON, and watched. */
async function arrange(admin: pg.Client): Promise<BenchSession[]> {
  await admin.query(`
    create schema bench authorization bulkhead_owner;
    create table bench.log (id bigserial primary key, at timestamptz default now(), login text, tbl text, op text, old jsonb, new jsonb);
    create index on bench.log (tbl, at);
    create function bench.keep() returns trigger language plpgsql security definer set search_path to pg_catalog, pg_temp as $$
    begin
      insert into bench.log (login, tbl, op, old, new)
      values (session_user, TG_TABLE_NAME, TG_OP, case when TG_OP <> 'INSERT' then to_jsonb(OLD) end, case when TG_OP <> 'DELETE' then to_jsonb(NEW) end);
      return null;
    end $$;
    grant usage on schema bench, app to bulkhead_member;
    grant execute on function app.uuid_v7() to bulkhead_member;`);
  for (const name of tables)
    await admin.query(`
      set role bulkhead_owner;
      create table bench.${name} (
        workspace_id uuid not null, id uuid not null default app.uuid_v7(), name text, status text, amount integer, owner_id uuid, notes text,
        created_at timestamptz default now(), updated_at timestamptz, primary key (workspace_id, id)
      );
      create index on bench.${name} (workspace_id, status, created_at);
      alter table bench.${name} enable row level security;
      alter table bench.${name} force row level security;
      create policy all_member on bench.${name} to bulkhead_member, bulkhead_owner
        using (workspace_id = (select session.workspace_id())) with check (workspace_id = (select session.workspace_id()));
      grant select, insert, update, delete on bench.${name} to bulkhead_member;
      reset role;`);
  const identity = new pg.Client(
    urlFor(server.superuserUrl, { user: "bulkhead_identity", password: "bench" }),
  );
  await identity.connect();
  const tokens: BenchSession[] = [];
  for (let i = 0; i < WORKSPACES; i++) {
    const [email, organization] = [`owner${i}@example.com`, `org_${i}`];
    await identity.query("select tenancy.provision_workspace($1, $2, $3)", [
      `Workspace ${i}`,
      email,
      organization,
    ]);
    const { rows } = await identity.query(
      "select * from session.complete_sign_in($1, $2, 'Owner', $3, 'SSO', $4, 'web', '127.0.0.1', 'bench')",
      [`user_${i}`, email, organization, randomUUID()],
    );
    tokens.push({ token: rows[0].access_token, workspaceId: rows[0].workspace_id, origin: randomUUID() });
  }
  await identity.end();
  for (const name of tables)
    await admin.query(`insert into bench.${name} (workspace_id, id, name, status, amount, notes)
      select w.id, md5(w.id::text || i)::uuid, 'name', 'open', 0, repeat('x', 200) from tenancy.workspaces w, generate_series(1, 200) i`);
  await admin.query(`
    create trigger keep after insert or update or delete on bench.common for each row execute function bench.keep();
    set role bulkhead_owner; call audit.watch('bench.ours', 'item'); reset role;`);
  await admin.query("vacuum analyze");
  return tokens;
}

async function compare(kind: "insert" | "update", tokens: readonly BenchSession[]): Promise<void> {
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      const client = new pg.Client({
        connectionString: urlFor(server.superuserUrl, { user: "bulkhead_api", password: "bench" }),
        pipeline: true,
      } as pg.ClientConfig);
      await client.connect();
      return client;
    }),
  );
  const rates: Record<string, number[]> = { plain: [], common: [], ours: [] };
  for (let round = -1; round < ROUNDS; round++)
    for (const table of tables) {
      const rate = await slice(clients, tokens, kind, table);
      if (round >= 0) rates[table]!.push(rate);
    }
  await Promise.all(clients.map((client) => client.end()));
  const ratio = (table: string) => median(rates[table]!.map((rate, i) => rate / rates.plain![i]!)).toFixed(2);
  console.log(
    `${kind}: without a trigger ${Math.round(median(rates.plain!))}/s, common row trigger ${ratio("common")}x, ours ${ratio("ours")}x`,
  );
}

async function slice(
  clients: readonly pg.Client[],
  tokens: readonly BenchSession[],
  kind: "insert" | "update",
  table: string,
): Promise<number> {
  let count = 0;
  const until = performance.now() + SLICE_MS;
  const started = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() < until) {
        const { token, workspaceId, origin } = tokens[Math.floor(Math.random() * tokens.length)]!;
        const statement =
          kind === "insert"
            ? {
                name: `i_${table}`,
                text: `insert into bench.${table} (workspace_id, name, status, amount, notes) values ($1, 'name', 'open', $2, $3)`,
                values: [workspaceId, count, NOTES],
              }
            : {
                name: `u_${table}`,
                text: `update bench.${table} set amount = amount + 1, updated_at = now() where workspace_id = $1 and id = md5($1::text || $2::int)::uuid`,
                values: [workspaceId, 1 + Math.floor(Math.random() * 200)],
              };
        await Promise.all([
          client.query("begin"),
          client.query({
            name: "settings",
            text: "select set_config('role', 'bulkhead_member', true), set_config('session.token', $1, true), set_config('request.id', $2, true), set_config('request.origin', $3, true)",
            values: [token, "request", origin],
          }),
          client.query(statement),
          client.query("commit"),
        ]);
        count++;
      }
    }),
  );
  return (count / (performance.now() - started)) * 1_000;
}

async function bulk(admin: pg.Client): Promise<void> {
  for (const [name, sql] of [
    [
      "insert",
      "insert into bench.TABLE (workspace_id, name, status, amount, notes) select $1, 'n', 'open', i, 'x' from generate_series(1, 10000) i",
    ],
    ["update", "update bench.TABLE set amount = amount + 1 where workspace_id = $1 and notes = 'x'"],
    ["delete", "delete from bench.TABLE where workspace_id = $1 and notes = 'x'"],
  ] as const) {
    const { rows } = await admin.query("select id from tenancy.workspaces limit 1");
    const took: Record<string, number> = {};
    for (const table of tables) {
      const started = performance.now();
      await admin.query(sql.replace("TABLE", table), [rows[0].id]);
      took[table] = performance.now() - started;
    }
    console.log(
      `${name} of 10,000 rows: ${tables.map((table) => `${table} ${Math.round(took[table]!)} ms`).join(", ")}`,
    );
  }
}

async function notary(admin: pg.Client): Promise<void> {
  await admin.query(`insert into audit.events (workspace_id, action, row_id) select w.id, 'item.created', gen_random_uuid()
    from tenancy.workspaces w, generate_series(1, 1000) i`);
  const { rows } = await admin.query("select count(*)::int as n from audit.events");
  const pool = new pg.Pool({
    connectionString: urlFor(server.superuserUrl, { user: "bulkhead_notary", password: "bench" }),
    max: 1,
  });
  const client = await pool.connect();
  const started = performance.now();
  const { events } = await sealEvents(client, makeKey().key);
  const seconds = (performance.now() - started) / 1_000;
  client.release();
  await pool.end();
  console.log(
    `notary: ${events} of ${rows[0].n} events sealed in ${seconds.toFixed(1)} s, ${Math.round(events / seconds)}/s`,
  );
}

async function offline(events: number): Promise<void> {
  const { key, publicKey } = makeKey();
  const directory = await mkdtemp(path.join(os.tmpdir(), "bulkhead-bench-"));
  const file = path.join(directory, "export.ndjson");
  const out = createWriteStream(file);
  const write = async (line: object) => {
    if (!out.write(`${JSON.stringify(line)}\n`)) await once(out, "drain");
  };
  const workspace_id = randomUUID();
  await write({
    type: "header",
    format: "bulkhead-audit/1",
    workspace_id,
    after_position: 0,
    through_position: events,
    after_hash: null,
    exported_at: "",
  });
  let hash = genesisHash(workspace_id);
  const target = Math.floor(events * 0.9);
  for (let position = 1; position <= events; position++) {
    const event: AuditEvent = {
      workspace_id,
      id: randomUUID(),
      occurred_at: "2026-01-31T12:00:00.000000Z",
      action: "item.updated",
      row_id: randomUUID(),
      changed_columns: ["amount"],
      details: null,
      actor: "member",
      person_id: randomUUID(),
      sign_in_id: randomUUID(),
      service: null,
      request_id: `r${position}`,
      origin_id: null,
    };
    hash = chainHash(hash, position, event);
    await write({
      type: "event",
      position,
      hash: hash.toString("hex"),
      event_id: event.id,
      event: position === target && CHANGE ? { ...event, row_id: null } : event,
    });
    if (position % 5_000 === 0 || position === events)
      await write({
        type: "head",
        position,
        signature: await signHead(key, { workspace_id, position, hash: hash.toString("hex"), sealed_at: "" }),
        root: null,
      });
  }
  await new Promise<void>((resolve) => out.end(() => resolve()));
  const started = performance.now();
  const { fault } = await verifyExport(file, publicKey);
  console.log(
    `verifier: ${events} rows in ${((performance.now() - started) / 1_000).toFixed(1)} s: ${fault ? `row ${fault.position} ${fault.kind}` : "intact"}`,
  );
  await rm(directory, { recursive: true, force: true });
}

function makeKey() {
  const pair = generateKeyPairSync("ed25519");
  const text = (jwk: object) => JSON.stringify({ ...jwk, kid: "bench" });
  return {
    key: readNotaryKey(text(pair.privateKey.export({ format: "jwk" }))),
    publicKey: readNotaryKey(text(pair.publicKey.export({ format: "jwk" }))),
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
