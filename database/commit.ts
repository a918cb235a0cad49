import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { commit } from "graphile-migrate";
import { urlFor, withClient } from "./connect.ts";
import { startTemporaryPostgres } from "./embedded/temporary.ts";
import { applyRoles } from "./roles.ts";

// npm run db:commit -- "message": turns migrations/current.sql into the next committed migration, after running the whole
// history on an empty Postgres of its own.
const message = process.argv[2];
if (!message) {
  console.error('bulkhead: a message is missing: npm run db:commit -- "add a table"');
  process.exit(1);
}
const password = randomBytes(16).toString("hex");
const server = await startTemporaryPostgres();
try {
  await withClient(server.superuserUrl, async (client) => {
    await client.query("create database bulkhead");
    await client.query("create database bulkhead_shadow");
  });
  for (const database of ["bulkhead", "bulkhead_shadow"]) {
    await applyRoles(urlFor(server.superuserUrl, { database }), { bulkhead_deploy: password });
  }
  const as = (database: string) =>
    urlFor(server.superuserUrl, { user: "bulkhead_deploy", password, database });
  await withClient(server.superuserUrl, (client) => client.query("alter role bulkhead_deploy createdb"));
  await withClient(server.superuserUrl, (client) =>
    client.query("alter database bulkhead_shadow owner to bulkhead_deploy"),
  );
  await commit(
    {
      connectionString: as("bulkhead"),
      shadowConnectionString: as("bulkhead_shadow"),
      rootConnectionString: as("postgres"),
      migrationsFolder: fileURLToPath(new URL("../migrations", import.meta.url)),
    },
    message,
  );
} catch (error) {
  console.error(`bulkhead: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  await server.stop();
}
