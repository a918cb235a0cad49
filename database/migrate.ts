import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { defaultLogger, migrate } from "graphile-migrate";

/** Receives one line of progress. */
export type Log = (line: string) => void;

// graphile-migrate accepts only a logger of its own copy of the class, and exports one instance of it.
const Logger = defaultLogger.constructor as new (
  factory: () => (level: string, message: string) => void,
) => typeof defaultLogger;

/** graphile-migrate's logger, which tells `hear` everything. */
export function migrationLogger(hear: (level: string, message: string) => void): typeof defaultLogger {
  return new Logger(() => hear);
}

/**
 * Runs the committed migrations that the database has not seen, each in its transaction.
 * @param deployUrl a connection as `bulkhead_deploy`
 * @returns whether any ran
 * @throws the database's error, after naming the migration through `log`
 */
export async function runMigrations(deployUrl: string, log: Log): Promise<boolean> {
  let ran = false;
  const logger = migrationLogger((level, message) => {
    if (/committed migrations executed/.test(message)) ran = true;
    if (level !== "debug") log(message.replace(/^graphile-migrate: /, "migrations: "));
  });
  try {
    await migrate({
      connectionString: deployUrl,
      rootConnectionString: "template1",
      migrationsFolder: fileURLToPath(new URL("../migrations", import.meta.url)),
      logger,
    });
  } catch (error) {
    // graphile-migrate keeps its connections for 200 ms, and ends the process should the server end them: whoever stops the
    // server or drops the database because of this error would end before saying it.
    await sleep(300);
    throw error;
  }
  return ran;
}
