import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import os from "node:os";
import path from "node:path";
import { urlFor, withClient } from "../../database/connect.ts";
import { deploy } from "../../database/deploy.ts";
import { startPostgres } from "../../database/embedded/server.ts";
import { printDatabaseSchema } from "./schema.ts";

// npm run codegen: writes schema.graphql from what the migrations, functions and policies of this checkout make of an
// empty database. The client's types are then generated from that file.
const directory = await mkdtemp(path.join(os.tmpdir(), "bulkhead-schema-"));
const password = randomBytes(16).toString("hex");
const server = await startPostgres({
  dataDir: path.join(directory, "postgres"),
  password,
  settings: { fsync: "off" },
});
try {
  await withClient(server.superuserUrl, (client) => client.query("create database bulkhead"));
  const adminUrl = urlFor(server.superuserUrl, { database: "bulkhead" });
  const as = (user: string) => urlFor(adminUrl, { user, password });
  const passwords = { bulkhead_deploy: password, bulkhead_api: password };
  await deploy({ adminUrl, deployUrl: as("bulkhead_deploy"), passwords });
  await writeFile(
    new URL("../../schema.graphql", import.meta.url),
    await printDatabaseSchema(as("bulkhead_api")),
  );
} catch (error) {
  console.error(`bulkhead: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  await server.stop();
  await rm(directory, { recursive: true, force: true });
}
