import { randomBytes } from "node:crypto";
import type { TestProject } from "vitest/node";
import { urlFor, withClient } from "../../database/connect.ts";
import { deploy } from "../../database/deploy.ts";
import { startTemporaryPostgres } from "../../database/embedded/temporary.ts";
import { logins, type Login } from "../../database/services.ts";

/** The database that each test file's own one is copied from. */
export const templateName = "bulkhead_template";

declare module "vitest" {
  export interface ProvidedContext {
    postgres: { superuserUrl: string; passwords: Record<Login, string>; directory: string; logFile: string };
  }
}

/** One real Postgres for the whole run, deployed once; every test file copies the deployed database. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Tests that count on durability start a server of their own.
  const server = await startTemporaryPostgres({ settings: { max_connections: 300 } });
  try {
    const passwords = Object.fromEntries(
      logins.map((login) => [login, randomBytes(16).toString("hex")]),
    ) as Record<Login, string>;
    await withClient(server.superuserUrl, (client) => client.query(`create database ${templateName}`));
    const adminUrl = urlFor(server.superuserUrl, { database: templateName });
    const deployUrl = urlFor(adminUrl, { user: "bulkhead_deploy", password: passwords.bulkhead_deploy });
    await deploy({ adminUrl, deployUrl, passwords });
    project.provide("postgres", {
      superuserUrl: server.superuserUrl,
      passwords,
      directory: server.dataDir,
      logFile: server.logFile,
    });
  } catch (error) {
    await server.stop();
    throw error;
  }
  return () => server.stop();
}
