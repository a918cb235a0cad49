import type pg from "pg";

/** Settings of one transaction, by name: `role` and whatever policies and triggers read. */
export type TransactionSettings = Readonly<Record<string, string | undefined>>;

/** One statement. With a name it is prepared once per connection. */
export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly name?: string | undefined;
  readonly arrayMode?: boolean;
}

/** Statements that one connection keeps prepared. Each takes some tens of kB of the server's memory. */
const maxPrepared = 200;

const settleStatements = new Map<string, { readonly name: string; readonly text: string }>();

/**
 * The statement that sets these settings for a transaction. Values are bind parameters, so a token is never in a
 * statement's text; names are our own code's, so there are few such statements. One row of calls costs the server a
 * fifth less than a join over arrays.
 */
function settleStatement(names: readonly string[]): { readonly name: string; readonly text: string } {
  const key = names.join(",");
  let statement = settleStatements.get(key);
  if (!statement) {
    if (names.some((name) => !/^[a-z_.]+$/.test(name))) throw new TypeError("a setting has an unusable name");
    const calls = names.map((name, n) => `set_config('${name}', $${n + 1}, true)`);
    statement = {
      name: `bulkhead_settings_${settleStatements.size}`,
      text: `select ${calls.join(", ") || "null"}`,
    };
    settleStatements.set(key, statement);
  }
  return statement;
}

/**
 * Starts a transaction on a pipelining connection and sets it up, without waiting for either.
 *
 * Should `begin` ever fail, the settings are gone before the next statement is read, since they last for a transaction:
 * that statement then runs as the login itself, which has no right on anything.
 */
export function beginTransaction(client: pg.PoolClient, settings: TransactionSettings): Promise<unknown> {
  const names: string[] = [];
  const values: string[] = [];
  for (const [name, value] of Object.entries(settings)) {
    if (value === undefined) continue;
    names.push(name);
    values.push(value);
  }
  const begun = client.query("begin");
  const settled = client.query({ ...settleStatement(names), values });
  return handled(Promise.all([begun, settled]));
}

/** Sends one statement of a transaction that is open. */
export function sendStatement(client: pg.PoolClient, statement: Statement): Promise<pg.QueryResult> {
  const { text, name, arrayMode } = statement;
  const values = statement.values as unknown[] | undefined;
  return handled(
    (arrayMode
      ? client.query({ text, values, name, rowMode: "array" })
      : client.query({ text, values, name })) as Promise<pg.QueryResult>,
  );
}

/**
 * Runs one statement in a transaction of its own: begin, settings, statement and commit travel in one burst and are
 * answered in one, so a statement costs one round trip. After an error the server skips to `commit`, which rolls back.
 */
export async function runInTransaction(
  client: pg.PoolClient,
  settings: TransactionSettings,
  statement: Statement,
): Promise<pg.QueryResult> {
  // Before the transaction: forgetting a statement that never parsed is an error, which would abort it.
  if (statement.name !== undefined) keepPrepared(client, statement.name);
  const stream = streamOf(client);
  stream?.cork();
  let begun: Promise<unknown>, answered: Promise<pg.QueryResult>, ended: Promise<pg.QueryResult>;
  try {
    begun = beginTransaction(client, settings);
    answered = sendStatement(client, statement);
    ended = handled(client.query("commit"));
  } finally {
    stream?.uncork();
  }
  // In this order: an error of the settings is the reason why the statement failed.
  await begun.catch(async (error: unknown) => {
    await ended.catch(() => {});
    throw error;
  });
  const [result, commit] = await Promise.all([
    answered.catch(async (error: unknown) => {
      await ended.catch(() => {});
      throw error;
    }),
    ended,
  ]);
  if (commit.command !== "COMMIT") throw new Error("the transaction was rolled back");
  return result;
}

/**
 * Gives a connection back. One that is still in a transaction is closed instead: whatever went wrong, no later request
 * inherits its role or its token.
 */
export function releaseClient(client: pg.PoolClient): void {
  const { getTransactionStatus } = client as pg.PoolClient & { getTransactionStatus?: () => string | null };
  client.release(getTransactionStatus?.call(client) !== "I");
}

/** Marks a promise as looked after: it is awaited later, and may fail before that. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

function streamOf(client: pg.PoolClient): { cork(): void; uncork(): void } | undefined {
  return (client as unknown as { connection?: { stream?: { cork(): void; uncork(): void } } }).connection
    ?.stream;
}

const prepared = new WeakMap<pg.PoolClient, Set<string>>();

/** Forgets the statement that was not used for longest. The server reads messages in order, so nothing need be awaited. */
function keepPrepared(client: pg.PoolClient, name: string): void {
  let names = prepared.get(client);
  if (!names) prepared.set(client, (names = new Set()));
  if (!names.delete(name) && names.size >= maxPrepared) {
    const oldest = names.values().next().value!;
    names.delete(oldest);
    const { connection } = client as unknown as { connection: { parsedStatements: Record<string, string> } };
    delete connection.parsedStatements[oldest];
    // Unprepared already when its statement never parsed.
    handled(client.query(`deallocate ${client.escapeIdentifier(oldest)}`));
  }
  names.add(name);
}
