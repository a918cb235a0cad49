import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, inject } from "vitest";
import { urlFor, withClient } from "../../database/connect.ts";
import { openDatabase } from "../../database/roles.ts";
import type { Login } from "../../database/services.ts";
import { templateName } from "./global_setup.ts";

/** A deployed database of a test file's own. */
export interface TestDatabase {
  readonly name: string;
  /** The superuser's connection: for arranging and for looking behind the curtain, never for what is under test. */
  readonly adminUrl: string;
  /** The connection URL of one of the system's logins. */
  url(login: Login): string;
  /** A pool of one of the system's logins (or of the superuser), closed after the file. */
  pool(login: Login | "postgres", options?: pg.PoolConfig): pg.Pool;
  drop(): Promise<void>;
}

/** Copies the deployed template. Dropped after the test file by itself. */
export async function createDatabase(template = templateName): Promise<TestDatabase> {
  const { superuserUrl, passwords } = inject("postgres");
  const name = `bulkhead_test_${randomBytes(6).toString("hex")}`;
  await withClient(superuserUrl, async (client) => {
    // Two copies of one template at once collide: one at a time.
    await client.query("select pg_advisory_lock(hashtext('bulkhead.test.template'))");
    await client.query(`create database ${name} template ${template}`);
  });
  const adminUrl = urlFor(superuserUrl, { database: name });
  await withClient(adminUrl, openDatabase);
  const pools: pg.Pool[] = [];
  const url = (login: Login) => urlFor(adminUrl, { user: login, password: passwords[login] });
  const database: TestDatabase = {
    name,
    adminUrl,
    url,
    pool(login, options) {
      const pool = new pg.Pool({
        connectionString: login === "postgres" ? adminUrl : url(login),
        max: 4,
        ...options,
      });
      pool.on("error", () => {});
      pools.push(pool);
      return pool;
    },
    async drop() {
      await Promise.all(pools.map((pool) => pool.end().catch(() => {})));
      await withClient(superuserUrl, (client) =>
        client.query(`drop database if exists ${name} with (force)`),
      );
    },
  };
  afterAll(() => database.drop());
  return database;
}
