import { randomBytes } from "node:crypto";
import { urlFor, withClient } from "./connect.ts";
import { deploy } from "./deploy.ts";
import { startTemporaryPostgres } from "./embedded/temporary.ts";
import { logins, type Login } from "./services.ts";
import type { Log } from "./migrate.ts";

/** A database that the checked-out files were deployed into, on a server that may be thrown away. */
export interface Scratch {
  /** The superuser's (or administrator's) URL of the scratch database. */
  readonly adminUrl: string;
  /** The URL of one of the system's logins. */
  url(login: Login): string;
}

/**
 * Deploys the checked-out files into a database of its own and removes it afterwards.
 * @param serverUrl an administrator's URL of a server for this purpose: roles belong to the whole cluster, and deploying sets
 *   them and their passwords. Null: an embedded server, started and removed.
 */
export async function withScratch<Result>(
  serverUrl: string | null,
  progress: Log,
  use: (scratch: Scratch) => Promise<Result>,
): Promise<Result> {
  if (serverUrl !== null) return deployed(serverUrl, use);
  progress("starting an embedded Postgres for the scratch database");
  const server = await startTemporaryPostgres();
  try {
    return await deployed(server.superuserUrl, use);
  } finally {
    await server.stop();
  }
}

async function deployed<Result>(
  serverUrl: string,
  use: (scratch: Scratch) => Promise<Result>,
): Promise<Result> {
  const name = `isolation_scratch_${randomBytes(6).toString("hex")}`;
  await withClient(serverUrl, (client) => client.query(`create database ${name}`));
  try {
    const adminUrl = urlFor(serverUrl, { database: name });
    const passwords = Object.fromEntries(
      logins.map((login) => [login, randomBytes(16).toString("hex")]),
    ) as Record<Login, string>;
    const url = (login: Login) => urlFor(adminUrl, { user: login, password: passwords[login] });
    await deploy({ adminUrl, deployUrl: url("bulkhead_deploy"), passwords });
    return await use({ adminUrl, url });
  } finally {
    await withClient(serverUrl, (client) => client.query(`drop database if exists ${name} with (force)`));
  }
}
