import { applyFiles } from "./apply.ts";
import { inTransaction, withClient } from "./connect.ts";
import { runMigrations, type Log } from "./migrate.ts";
import { migrateQueues } from "./queues.ts";
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
 * Deploying twice changes nothing. A failure leaves the step before it whole and says which file and line.
 * @returns whether anything changed
 */
export async function deploy(options: DeployOptions): Promise<{ changed: boolean }> {
  const log = options.log ?? (() => {});
  if (options.adminUrl) await applyRoles(options.adminUrl, options.passwords);
  const migrated = await runMigrations(options.deployUrl, log);
  await migrateQueues(options.deployUrl);
  const applied = await withClient(options.deployUrl, async (client) => {
    const changed = await applyFiles(client, { force: migrated, base: options.base });
    await inTransaction(client, async () => {
      await client.query("set local role bulkhead_keeper");
      await client.query(
        "select session.rotate_signing_key() where not exists (select from session.signing_keys where superseded_at is null)",
      );
    });
    return changed;
  });
  log(applied ? "functions and policies: applied" : "functions and policies: unchanged");
  return { changed: migrated || applied };
}
