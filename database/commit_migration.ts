import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { commit } from "graphile-migrate";
import { urlFor, withClient } from "./connect.ts";
import { startTemporaryPostgres } from "./embedded/temporary.ts";
import { type Log, migrationLogger } from "./migrate.ts";
import { applyRoles } from "./roles.ts";

/**
 * Turns `current.sql` of a folder into its next committed migration, after the whole history and it have run on an empty
 * Postgres of its own. A migration that is refused stays in `current.sql`, and nothing is committed.
 *
 * @returns the new file's name
 * @throws where `current.sql` holds no statement; the database's error
 */
export async function commitMigration(migrationsFolder: string, message: string, log: Log): Promise<string> {
  const password = randomBytes(16).toString("hex");
  const server = await startTemporaryPostgres();
  const as = (database: string) =>
    urlFor(server.superuserUrl, { user: "bulkhead_deploy", password, database });
  try {
    for (const name of ["bulkhead", "bulkhead_shadow"])
      await withClient(server.superuserUrl, (client) => client.query(`create database ${name}`));
    for (const database of ["bulkhead", "bulkhead_shadow"])
      await applyRoles(urlFor(server.superuserUrl, { database }), { bulkhead_deploy: password });
    // graphile-migrate drops the shadow database and makes it anew.
    await withClient(server.superuserUrl, async (client) => {
      await client.query("alter role bulkhead_deploy createdb");
      await client.query("alter database bulkhead_shadow owner to bulkhead_deploy");
    });
    await commit(
      {
        connectionString: as("bulkhead"),
        shadowConnectionString: as("bulkhead_shadow"),
        rootConnectionString: as("postgres"),
        migrationsFolder,
        blankMigrationContent: "",
        logger: migrationLogger((level, text) => {
          // Where in the file it is; without the stack of graphile-migrate's own.
          if (level === "error") log(text.replaceAll(/^ +at .*\n?/gm, ""));
        }),
      },
      message,
    );
    const files = (await readdir(path.join(migrationsFolder, "committed"))).filter((file) =>
      /^\d+.*\.sql$/.test(file),
    );
    return files.sort().at(-1)!;
  } finally {
    await untilDisconnected(server.superuserUrl);
    await server.stop();
  }
}

/**
 * graphile-migrate keeps its connections for 200 ms, and ends the process when the server ends them: before the temporary
 * directory is gone, and with exit code 1.
 */
async function untilDisconnected(superuserUrl: string): Promise<void> {
  await withClient(superuserUrl, async (client) => {
    for (;;) {
      const { rowCount } = await client.query(
        "select from pg_stat_activity where usename = 'bulkhead_deploy' and backend_type = 'client backend'",
      );
      if (!rowCount) return;
      await sleep(20);
    }
  });
}
