import { randomBytes } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { urlFor, withClient } from "../../database/connect.ts";
import type { DeployOptions } from "../../database/deploy.ts";
import type { EmbeddedPostgres } from "../../database/embedded/server.ts";
import { startTemporaryPostgres } from "../../database/embedded/temporary.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The versions to deploy on, and why one is left out. */
export const versions: { version: "18" | "15"; missing: string | null }[] = [
  { version: "18", missing: null },
  {
    version: "15",
    missing: existsSync("/usr/lib/postgresql/15/bin/postgres")
      ? null
      : "no Postgres 15 in /usr/lib/postgresql/15/bin",
  },
];

/** A server of this file's own: roles belong to a cluster, and these tests spoil them. */
export interface Cluster {
  readonly server: EmbeddedPostgres;
  readonly password: string;
  /** Makes an empty database. */
  create(name: string): Promise<Target>;
  stop(): Promise<void>;
}

/** A database to deploy to. */
export interface Target {
  readonly adminUrl: string;
  readonly deployUrl: string;
  /** What a first deployment is called with. */
  readonly options: DeployOptions;
  ask(sql: string, values?: unknown[]): Promise<any[]>;
}

export async function startCluster(version: "18" | "15"): Promise<Cluster> {
  const password = randomBytes(16).toString("hex");
  const server = await startTemporaryPostgres({ version });
  return {
    server,
    password,
    async create(name) {
      await withClient(server.superuserUrl, (client) => client.query(`create database ${name}`));
      const adminUrl = urlFor(server.superuserUrl, { database: name });
      const deployUrl = urlFor(adminUrl, { user: "bulkhead_deploy", password });
      return {
        adminUrl,
        deployUrl,
        options: { adminUrl, deployUrl, passwords: { bulkhead_deploy: password } },
        ask: (sql, values = []) =>
          withClient(adminUrl, async (client) => (await client.query(sql, values)).rows),
      };
    },
    stop: () => server.stop(),
  };
}

/** A copy of functions/ and policies/ to spoil; `using` removes it. */
export function copyFiles(): { base: string; file(name: string): string } & Disposable {
  const base = mkdtempSync(path.join(os.tmpdir(), "bulkhead-files-"));
  for (const folder of ["functions", "policies"])
    cpSync(path.join(root, folder), path.join(base, folder), { recursive: true });
  return {
    base,
    file: (name) => path.join(base, name),
    [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true }),
  };
}

/** Everything about the schema that may not change, row by row, with the rows' own identity: nothing was made anew. */
export async function snapshot(target: Target): Promise<string> {
  const rows = await target.ask(`
    select 'class' as kind, c.oid::text, c.xmin::text, c.relname::text, c.relacl::text from pg_class c where c.relnamespace >= 16384
    union all select 'function', p.oid::text, p.xmin::text, p.proname::text, p.proacl::text from pg_proc p where p.pronamespace >= 16384
    union all select 'policy', p.oid::text, p.xmin::text, p.polname::text, p.polrelid::text from pg_policy p
    union all select 'trigger', t.oid::text, t.xmin::text, t.tgname::text, t.tgrelid::text from pg_trigger t where t.oid >= 16384
    union all select 'schema', n.oid::text, n.xmin::text, n.nspname::text, n.nspacl::text from pg_namespace n where n.oid >= 16384
    union all select 'attribute', a.attrelid::text, a.xmin::text, a.attname::text, a.attacl::text from pg_attribute a where a.attrelid >= 16384
    union all select 'note', '', d.xmin::text, d.files_hash, d.deployed_at::text from app.deployments d
    union all select 'key', '', k.xmin::text, k.kid, k.superseded_at::text from session.signing_keys k
    order by 1, 2, 4`);
  return rows.map((row) => Object.values(row).join(" ")).join("\n");
}
