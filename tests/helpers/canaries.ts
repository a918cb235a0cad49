import { randomBytes } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import pg from "pg";
import { urlFor, withClient } from "../../database/connect.ts";
import { deploy } from "../../database/deploy.ts";
import type { EmbeddedPostgres } from "../../database/embedded/server.ts";
import { startTemporaryPostgres } from "../../database/embedded/temporary.ts";
import { type Login, logins } from "../../database/services.ts";
import type { TestDatabase } from "./database.ts";

/** A text that stands nowhere by chance. */
export const canary = (): string => `canary${randomBytes(9).toString("hex")}`;

/** A server that tells everything, with a deployed database on it. */
export interface LoudDatabase {
  readonly server: EmbeddedPostgres;
  readonly database: TestDatabase;
  /** Ends the pools and the server. */
  stop(): Promise<void>;
}

/** Starts a Postgres that logs every statement with its parameters and keeps all of its write-ahead log. */
export async function startLoudDatabase(): Promise<LoudDatabase> {
  const server = await startTemporaryPostgres({
    settings: {
      log_statement: "all",
      log_min_duration_statement: 0,
      log_min_messages: "debug1",
      log_error_verbosity: "verbose",
      log_min_error_statement: "error",
      log_parameter_max_length: -1,
      log_parameter_max_length_on_error: -1,
      track_activity_query_size: 65_536,
      wal_keep_size: "1GB",
      full_page_writes: "on",
      max_connections: 200,
    },
  });
  const passwords = Object.fromEntries(
    logins.map((login) => [login, randomBytes(16).toString("hex")]),
  ) as Record<Login, string>;
  await withClient(server.superuserUrl, (client) => client.query("create database canary"));
  const adminUrl = urlFor(server.superuserUrl, { database: "canary" });
  const url = (login: Login) => urlFor(adminUrl, { user: login, password: passwords[login] });
  await deploy({ adminUrl, deployUrl: url("bulkhead_deploy"), passwords });
  const pools: pg.Pool[] = [];
  const database: TestDatabase = {
    name: "canary",
    adminUrl,
    url,
    pool(login, options) {
      const connectionString = login === "postgres" ? adminUrl : url(login);
      const pool = new pg.Pool({ connectionString, max: 4, ...options });
      pool.on("error", () => {});
      pools.push(pool);
      return pool;
    },
    drop: async () => {},
  };
  return {
    server,
    database,
    async stop() {
      await Promise.all(pools.map((pool) => pool.end().catch(() => {})));
      await server.stop();
    },
  };
}

/** The ways in which a text may stand in a file or a value. */
function spellings(text: string): string[] {
  const inBase64 = [0, 1, 2].map((shift) =>
    Buffer.from("x".repeat(shift) + text)
      .toString("base64")
      .slice(4, -4),
  );
  return [
    text,
    Buffer.from(text).toString("hex"),
    ...inBase64,
    Buffer.from(text, "utf16le").toString("latin1"),
    encodeURIComponent(text),
  ];
}

/** Makes a search for canaries: the names of those that occur, in any spelling. */
export function createSearch(planted: Readonly<Record<string, string>>): (haystack: string) => string[] {
  const wanted = Object.entries(planted).map(([name, text]) => ({
    name,
    words: [...new Set(spellings(text))],
  }));
  return (haystack) =>
    wanted.filter(({ words }) => words.some((word) => haystack.includes(word))).map(({ name }) => name);
}

/** Searches every row of every table, queues and catalogs included; hits by table. */
export async function searchTables(
  database: TestDatabase,
  find: (haystack: string) => string[],
): Promise<{ hits: Record<string, string[]>; tableCount: number }> {
  const admin = database.pool("postgres");
  const { rows: tables } = await admin.query(
    `select format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'm', 'p') and n.nspname <> 'pg_toast'`,
  );
  const hits: Record<string, string[]> = {};
  for (const { name } of [...tables, { name: "pg_stat_activity" }]) {
    const { rows } = await admin.query(`select t::text as row from ${name} t`);
    const names = find(rows.map(({ row }) => row).join("\n"));
    if (names.length > 0) hits[name] = names;
  }
  return { hits, tableCount: tables.length };
}

/** Searches every file of the server: tables, write-ahead log, and its own log; hits by path below the data. */
export async function searchFiles(
  { server, database }: LoudDatabase,
  find: (haystack: string) => string[],
): Promise<Map<string, string[]>> {
  await database.pool("postgres").query("checkpoint");
  const entries = await readdir(server.dataDir, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  const hits = new Map<string, string[]>();
  for (const file of [...files, server.logFile]) {
    const names = find((await readFile(file).catch(() => Buffer.alloc(0))).toString("latin1"));
    if (names.length > 0) hits.set(path.relative(server.dataDir, file), names);
  }
  return hits;
}

/** Samples what everybody's statements look like to somebody who watches the server. */
export function watchActivity(database: TestDatabase): { stop(): Promise<string> } {
  const admin = database.pool("postgres", { max: 1 });
  const seen = new Set<string>();
  let running = true;
  const loop = (async () => {
    while (running) {
      const { rows } = await admin.query(
        "select concat_ws(' ', query, application_name, client_addr) as line from pg_stat_activity where pid <> pg_backend_pid()",
      );
      for (const { line } of rows) seen.add(line as string);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  return {
    async stop() {
      running = false;
      await loop;
      return [...seen].join("\n");
    },
  };
}
