import type pg from "pg";
import { isSpoiled, sendBurst } from "./burst.ts";

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

interface Settle {
  readonly name: string;
  readonly text: string;
  readonly parameters: number;
}

const settleStatements = new Map<string, Settle>();

/**
 * The statement that sets these settings for a transaction, and then asks whether the session that they name is live.
 * Values are bind parameters, so a token is never in a statement's text; names are our own code's, so there are few such
 * statements. One row of calls costs the server a fifth less than a join over arrays.
 */
function settleStatement(names: readonly string[], admit: boolean): Settle {
  const key = `${names.join(",")} ${admit}`;
  let statement = settleStatements.get(key);
  if (!statement) {
    if (names.some((name) => !/^[a-z_.]+$/.test(name))) throw new TypeError("a setting has an unusable name");
    const calls = names.map((name, n) => `set_config('${name}', $${n + 1}, true)`);
    if (admit) calls.push("session.admit()");
    statement = {
      name: `bulkhead_settings_${settleStatements.size}`,
      text: `select ${calls.join(", ") || "null"}`,
      parameters: names.length,
    };
    settleStatements.set(key, statement);
  }
  return statement;
}

function settle(settings: TransactionSettings, admit: boolean) {
  const entries = Object.entries(settings).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return {
    statement: settleStatement(
      entries.map(([name]) => name),
      admit,
    ),
    values: entries.map(([, value]) => value),
  };
}

/** Whether the session must be live, or nothing runs. Without it a dead session reads as nobody's. */
export interface TransactionOptions {
  readonly admit?: boolean;
}

/**
 * Starts a transaction on a pipelining connection and sets it up, without waiting for either.
 *
 * Should `begin` ever fail, the settings are gone before the next statement is read, since they last for a transaction:
 * that statement then runs as the login itself, which has no right on anything.
 */
export function beginTransaction(
  client: pg.PoolClient,
  settings: TransactionSettings,
  { admit = false }: TransactionOptions = {},
): Promise<unknown> {
  const { statement, values } = settle(settings, admit);
  const begun = client.query("begin");
  const settled = client.query({ text: statement.text, values });
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
 * Runs one statement in a transaction of its own: settings and statement travel in one burst and are answered in one, so a
 * statement costs one round trip. When the settings are refused the statement does not run.
 */
export function runInTransaction(
  client: pg.PoolClient,
  settings: TransactionSettings,
  statement: Statement,
  { admit = false }: TransactionOptions = {},
): Promise<pg.QueryResult> {
  // Before the transaction: forgetting a statement that never parsed is an error, which would abort it.
  if (statement.name !== undefined) keepPrepared(client, statement.name);
  const { statement: first, values } = settle(settings, admit);
  const stream = connectionOf(client)?.stream;
  stream?.cork();
  try {
    prepareSettle(client, first);
    return sendBurst(client, { name: first.name, values }, statement);
  } finally {
    stream?.uncork();
  }
}

/**
 * Gives a connection back. One that is still in a transaction, or that refused settings, is closed instead: whatever went
 * wrong, no later request inherits its role or its token.
 */
export function releaseClient(client: pg.PoolClient): void {
  client.release(!isOutside(client) || isSpoiled(client));
}

/** Takes a connection for `work`, and gives it back however that ends. */
export async function onConnection<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    releaseClient(client);
  }
}

/** Whether a connection is in no transaction, as of the last answer. */
export function isOutside(client: pg.PoolClient): boolean {
  const { getTransactionStatus } = client as pg.PoolClient & { getTransactionStatus?: () => string | null };
  return getTransactionStatus?.call(client) === "I";
}

/** Whether a statement's first use is on its way: should that be refused, it will not have been prepared. */
export function isBeingPrepared(client: pg.PoolClient, name: string): boolean {
  return connectionOf(client)?.submittedNamedStatements?.[name] !== undefined;
}

const held = new WeakSet<pg.PoolClient>();

/** Until this turn of the event loop is over, what is sent over the connection is gathered. */
export function holdWrites(client: pg.PoolClient): void {
  const stream = connectionOf(client)?.stream;
  if (!stream || held.has(client)) return;
  held.add(client);
  stream.cork();
  setImmediate(() => {
    held.delete(client);
    stream.uncork();
  });
}

/** Marks a promise as looked after: it is awaited later, and may fail before that. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** What of pg's connection is used here and its types do not say. */
interface Connection {
  readonly stream?: { cork(): void; uncork(): void };
  readonly parsedStatements: Record<string, string>;
  readonly submittedNamedStatements?: Record<string, string>;
}

function connectionOf(client: pg.PoolClient): Connection | undefined {
  return (client as unknown as { connection?: Connection }).connection;
}

const settled = new WeakMap<pg.PoolClient, Set<string>>();

/**
 * Once for a connection, without waiting: should it fail, so does the burst that is sent behind it, and the next one tries
 * again, since what it calls may be there after a deploy.
 */
function prepareSettle(client: pg.PoolClient, { name, text, parameters }: Settle): void {
  const names = settled.get(client) ?? new Set();
  settled.set(client, names);
  if (names.has(name)) return;
  names.add(name);
  const types = parameters > 0 ? ` (${Array.from({ length: parameters }, () => "text").join(", ")})` : "";
  client.query(`prepare ${name}${types} as ${text}`).catch(() => names.delete(name));
}

const prepared = new WeakMap<pg.PoolClient, Set<string>>();

/** Forgets the statement that was not used for longest. The server reads messages in order, so nothing need be awaited. */
function keepPrepared(client: pg.PoolClient, name: string): void {
  let names = prepared.get(client);
  if (!names) prepared.set(client, (names = new Set()));
  if (!names.delete(name) && names.size >= maxPrepared) {
    const oldest = names.values().next().value!;
    names.delete(oldest);
    delete connectionOf(client)!.parsedStatements[oldest];
    // Unprepared already when its statement never parsed.
    handled(client.query(`deallocate ${client.escapeIdentifier(oldest)}`));
  }
  names.add(name);
}
