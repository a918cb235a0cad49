import type pg from "pg";
import { assertIsolated } from "../isolation/gate.ts";
import { applyFiles } from "./apply.ts";
import { inTransaction, withClient } from "./connect.ts";
import { DeployError } from "./deploy_error.ts";
import { runMigrations, type Log } from "./migrate.ts";
import { migrateQueues } from "./queues.ts";
import { assertReady } from "./ready.ts";
import { applyRoles, type Passwords } from "./roles.ts";

/** What a deployment needs. URLs are Postgres connection URLs to the same database. */
export interface DeployOptions {
  /** A login that may create roles; left out where a DBA has applied migrations/roles.sql. */
  readonly adminUrl?: string;
  /** The login `bulkhead_deploy`. */
  readonly deployUrl: string;
  /** Passwords to set; needs `adminUrl`. */
  readonly passwords?: Passwords;
  /** Where functions/ and policies/ are read from; the project itself unless a test says otherwise. */
  readonly base?: string;
  readonly log?: Log;
}

/**
 * Brings a database to what the files say: roles, migrations, queues, then functions and policies in one transaction.
 * Deploying twice changes nothing, and of two deployments at once the second waits for the first. A failure leaves the
 * step before it whole.
 * @returns whether anything changed
 * @throws DeployError before anything is changed; ApplyError naming a file and its line; the error of a migration;
 *   IsolationFailed where the static isolation checks refuse the result
 */
export async function deploy(options: DeployOptions): Promise<{ changed: boolean }> {
  const log = options.log ?? (() => {});
  if (options.adminUrl) await applyRoles(options.adminUrl, options.passwords);
  return asDeployer(options.deployUrl, async (client) => {
    await assertReady(client);
    // Held by this connection until the end: graphile-migrate does not wait for its own lock, it fails.
    await client.query("select pg_advisory_lock(hashtext('bulkhead.deploy'))");
    const migrated = await runMigrations(options.deployUrl, log);
    await migrateQueues(options.deployUrl);
    const applied = await applyFiles(client, options.base, (inside) => assertIsolated(inside, options.base));
    const signing = await inTransaction(client, async () => {
      await client.query("set local role bulkhead_keeper");
      const made = await client.query(
        "select session.rotate_signing_key() where not exists (select from session.signing_keys where superseded_at is null)",
      );
      return made.rows.length > 0;
    });
    log(applied ? "functions and policies: applied" : "functions and policies: unchanged");
    return { changed: migrated || applied || signing };
  });
}

async function asDeployer<Result>(
  url: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  try {
    return await withClient(url, work);
  } catch (error) {
    // 28P01, 28000: the password or the role is wrong, and Postgres does not say which.
    const { code } = error as { code?: string };
    if (code !== "28P01" && code !== "28000") throw error;
    throw new DeployError(
      "DEPLOY_LOGIN_REFUSED",
      "the database refused the login of deploy; apply migrations/roles.sql as an administrator and give bulkhead_deploy its password",
      { cause: error },
    );
  }
}
