import pg from "pg";
import type { Target } from "./types.ts";

/** The command could not do its work: exit code 2, never taken for a clean run. */
export class IsolationError extends Error {
  /** `ISOLATION_…`, stable. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "IsolationError";
    this.code = code;
  }
}

/**
 * Runs `use` in one read-only transaction on a connection of its own: nothing that it does can change the database.
 * Names of functions in policies are shown with their schemas, whatever the login's own search_path is.
 * @param url a Postgres connection URL; never part of an error
 * @throws IsolationError ISOLATION_CANNOT_CONNECT
 */
export async function readOnly<Result>(
  url: string,
  use: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = await connect(url);
  try {
    await client.query("begin transaction isolation level repeatable read, read only");
    await client.query("set local search_path = pg_catalog");
    // Compiling the catalog queries costs more than running them.
    await client.query("set local jit = off");
    await client.query("set local statement_timeout = '120s'");
    const result = await use(client);
    await client.query("rollback");
    return result;
  } finally {
    await client.end().catch(() => {});
  }
}

/** Connects, or says why not without the URL, which holds a password. */
export async function connect(url: string): Promise<pg.Client> {
  let client: pg.Client;
  try {
    client = new pg.Client({
      connectionString: url,
      application_name: "isolation",
      connectionTimeoutMillis: 15_000,
    });
    client.on("error", () => {});
    await client.connect();
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    const reason = code ?? (message.includes("Invalid URL") ? "not a URL" : message);
    throw new IsolationError("ISOLATION_CANNOT_CONNECT", `cannot connect to the database: ${reason}`);
  }
  return client;
}

/** What was looked at. */
export async function describeTarget(client: pg.Client, model: string): Promise<Target> {
  const { rows } = await client.query<{ database: string; user: string; version: string; number: string }>(
    `select current_database() as database, session_user as user, current_setting('server_version') as version,
       current_setting('server_version_num') as number`,
  );
  const { database, user, version, number } = rows[0]!;
  return {
    database,
    user,
    serverVersion: version.split(" ")[0]!,
    serverVersionNumber: Number(number),
    model,
  };
}
