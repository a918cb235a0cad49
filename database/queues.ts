import pg from "pg";
import { Logger, runMigrations } from "graphile-worker";
import { queueSchema, services } from "./services.ts";

const quiet = new Logger(() => () => {});

/**
 * Makes or upgrades each service's queue. A queue is a graphile-worker schema of its own, owned by `bulkhead_queue`:
 * a service that is taken over reads no other service's jobs.
 * @param deployUrl a connection as `bulkhead_deploy`
 */
export async function migrateQueues(deployUrl: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: deployUrl, max: 2, options: "-c role=bulkhead_queue" });
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  try {
    for (const service of services) {
      await runMigrations({ pgPool: pool, schema: queueSchema(service), logger: quiet });
    }
  } finally {
    await pool.end();
  }
}
