import pg from "pg";

/**
 * Runs `use` with one connected client and always closes it.
 * @param url a Postgres connection URL; it is never part of an error
 */
export async function withClient<Result>(
  url: string,
  use: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString: url, application_name: "bulkhead-deploy" });
  // A connection that breaks while idle must not end the process; the next query reports it.
  client.on("error", () => {});
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/** Runs `work` in one transaction: all of it, or nothing. */
export async function inTransaction<Result>(client: pg.Client, work: () => Promise<Result>): Promise<Result> {
  await client.query("begin");
  try {
    const result = await work();
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw error;
  }
}

/** The same URL for another login, password or database. */
export function urlFor(
  base: string,
  change: { user?: string; password?: string; database?: string },
): string {
  const url = new URL(base);
  if (change.user !== undefined) url.username = change.user;
  if (change.password !== undefined) url.password = encodeURIComponent(change.password);
  if (change.database !== undefined) url.pathname = `/${change.database}`;
  return url.toString();
}
