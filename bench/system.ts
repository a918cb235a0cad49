import { randomBytes, randomUUID } from "node:crypto";
import pg from "pg";
import { urlFor, withClient } from "../database/connect.ts";
import { deploy } from "../database/deploy.ts";
import { startTemporaryPostgres } from "../database/embedded/temporary.ts";
import { generateWorkerKeys } from "../envelope/keys.ts";
import { sealContent } from "../worker/crypto/content.ts";
import { generateKeyRing, localKek, parseKeyRing } from "../worker/crypto/kek_local.ts";
import { keyId } from "../worker/crypto/key_id.ts";
import { logins, type Login } from "../database/services.ts";

/** A Postgres of the benchmark's own, deployed, with tenants and messages. */
export interface BenchSystem {
  readonly adminUrl: string;
  url(login: Login): string;
  readonly tenants: readonly BenchTenant[];
  /** The worker's key pairs and key ring, as settings. */
  readonly keys: { readonly private: string; readonly public: string; readonly ring: string };
  stop(): Promise<void>;
}

/** A workspace with one signed-in member and its messages. */
export interface BenchTenant {
  readonly workspaceId: string;
  readonly inboxId: string;
  readonly accessToken: string;
}

/** How much to make. */
export interface BenchSize {
  readonly workspaces: number;
  readonly messages: number;
}

/** Starts Postgres (durable, as in production) and fills it; rows go in by the superuser with triggers off, to be quick. */
export async function startBenchSystem(size: BenchSize): Promise<BenchSystem> {
  const server = await startTemporaryPostgres({
    settings: {
      fsync: "on",
      synchronous_commit: "on",
      full_page_writes: "on",
      max_connections: 300,
      shared_buffers: "512MB",
    },
  });
  const passwords = Object.fromEntries(
    logins.map((login) => [login, randomBytes(16).toString("hex")]),
  ) as Record<Login, string>;
  await withClient(server.superuserUrl, (client) => client.query("create database bulkhead"));
  const adminUrl = urlFor(server.superuserUrl, { database: "bulkhead" });
  const url = (login: Login) => urlFor(adminUrl, { user: login, password: passwords[login] });
  await deploy({ adminUrl, deployUrl: url("bulkhead_deploy"), passwords });
  const tenants = await fill(adminUrl, url("bulkhead_identity"), size);
  const keys = { ...generateWorkerKeys(), ring: generateKeyRing() };
  await sealNewest(adminUrl, tenants, keys.ring);
  return {
    adminUrl,
    url,
    tenants,
    keys,
    stop: () => server.stop(),
  };
}

async function fill(adminUrl: string, identityUrl: string, size: BenchSize): Promise<BenchTenant[]> {
  const tenants: BenchTenant[] = [];
  await withClient(identityUrl, async (identity) => {
    for (let number = 0; number < size.workspaces; number += 1) {
      const organization = `org_${number}`;
      const email = `owner${number}@example.com`;
      await identity.query("select tenancy.provision_workspace($1, $2, $3)", [
        `Workspace ${number}`,
        email,
        organization,
      ]);
      const { rows } = await identity.query(
        "select * from session.complete_sign_in($1, $2, $3, $4, 'Password', null, 'web', '127.0.0.1', 'bench')",
        [`user_${number}`, email, `Owner ${number}`, organization],
      );
      tenants.push({
        workspaceId: rows[0].workspace_id,
        inboxId: randomUUID(),
        accessToken: rows[0].access_token,
      });
    }
  });
  await withClient(adminUrl, async (client) => {
    await client.query("set session_replication_role = replica");
    await client.query(
      "insert into mail.inboxes (workspace_id, id, name) select w, i, 'Inbox' from unnest($1::uuid[], $2::uuid[]) as t (w, i)",
      [tenants.map((tenant) => tenant.workspaceId), tenants.map((tenant) => tenant.inboxId)],
    );
    // A conversation of four messages each; sealed columns are of a real message's size.
    await client.query(
      `insert into mail.conversations (workspace_id, id, inbox_id, message_count, last_message_at)
       select i.workspace_id, gen_random_uuid(), i.id, 4, now() - n * interval '1 hour'
       from mail.inboxes i, generate_series(1, $1::integer / 4) n`,
      [size.messages / size.workspaces],
    );
    await client.query(
      `insert into mail.messages (workspace_id, id, inbox_id, conversation_id, message_id_hash, sent_at, sort_at, size, sealed_subject, sealed_body)
       select c.workspace_id, app.uuid_v7(), c.inbox_id, c.id, sha256(uuid_send(gen_random_uuid())), t.at, t.at, 2000, repeat('s', 420), repeat('b', 1900)
       from mail.conversations c, generate_series(1, 4) n, lateral (select c.last_message_at - n * interval '7 minutes' as at) t`,
    );
    await client.query("reset session_replication_role");
    await client.query("vacuum analyze");
  });
  return tenants;
}

// The newest 50 messages of each workspace get a body that opens; the others are never asked for.
async function sealNewest(adminUrl: string, tenants: readonly BenchTenant[], ring: string): Promise<void> {
  const kek = localKek(parseKeyRing(ring));
  await withClient(adminUrl, async (client) => {
    await client.query("set session_replication_role = replica");
    for (const { workspaceId } of tenants) {
      const subject = { workspaceId, purpose: "content" as const, version: 1 };
      const key = randomBytes(32);
      const wrapped = await kek.wrap(subject, key);
      await client.query(
        "insert into keyring.workspace_keys (workspace_id, purpose, version, kek, wrapped) values ($1, 'content', 1, $2, $3)",
        [workspaceId, wrapped.kek, wrapped.wrapped],
      );
      const { rows } = await client.query<{ id: string }>(
        "select id from mail.messages where workspace_id = $1 order by sort_at desc, id desc limit 50",
        [workspaceId],
      );
      const sealed = await Promise.all(
        rows.map(({ id }) =>
          sealContent(
            { kid: keyId(subject), key },
            { workspaceId, kind: "mail.body", id },
            JSON.stringify({
              text: "A paragraph of a letter. ".repeat(55),
              html: null,
              attachments: [],
              warnings: [],
            }),
          ),
        ),
      );
      await client.query(
        `update mail.messages m set sealed_body = s.body from unnest($2::uuid[], $3::text[]) as s (id, body)
         where m.workspace_id = $1 and m.id = s.id`,
        [workspaceId, rows.map((row) => row.id), sealed],
      );
    }
    await client.query("vacuum analyze mail.messages");
  });
}

/** A pool that reports broken connections nowhere: the next query does. */
export function benchPool(connectionString: string, options: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 16, ...options });
  pool.on("error", () => {});
  return pool;
}
