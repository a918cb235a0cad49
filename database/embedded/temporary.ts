import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedPostgres, type StartPostgresOptions, startPostgres } from "./server.ts";

/**
 * Starts a Postgres that leaves nothing behind: its directory is made below the system's temporary one and removed by
 * `stop()`. Durability is off unless `settings` says otherwise.
 *
 * @throws EmbeddedError, as {@link startPostgres} does
 */
export async function startTemporaryPostgres(
  options: Pick<StartPostgresOptions, "version" | "settings" | "log" | "port"> = {},
): Promise<EmbeddedPostgres> {
  const directory = await mkdtemp(join(tmpdir(), "bulkhead-postgres-"));
  // The server's own account has to pass through it; the data directory itself stays closed.
  await chmod(directory, 0o755);
  const remove = () => rm(directory, { recursive: true, force: true, maxRetries: 3 });
  try {
    const server = await startPostgres({
      ...options,
      dataDir: join(directory, "postgres"),
      password: randomBytes(16).toString("hex"),
      settings: { fsync: "off", synchronous_commit: "off", full_page_writes: "off", ...options.settings },
    });
    return {
      ...server,
      async stop() {
        await server.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
