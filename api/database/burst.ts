import pg from "pg";
import { isDatabaseError } from "../errors/describe.ts";
import type { Statement } from "./transaction.ts";

/** A statement that its connection has prepared, with its values. */
export interface Prelude {
  readonly name: string;
  readonly values: readonly string[];
}

/** What of pg's connection is used here: it writes protocol messages. */
interface Connection {
  bind(message: { statement: string; values: readonly unknown[] }): void;
  execute(message: object): void;
}

/** What pg.Query has and its types do not say. */
type QueryInternals = new (
  config: object,
  values: undefined,
  callback: (error: Error | null, result: pg.QueryResult) => void,
) => {
  queryMode?: string;
  prepare(connection: Connection): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: Connection): void;
};

/**
 * Two statements of the extended protocol with one Sync at their end: Postgres runs them as one transaction without being
 * told to begin and commit it. Should the first fail, the second is not run. A `set_config(…, true)` of the first holds for
 * the second and is gone after it.
 */
class Burst extends (pg.Query as unknown as QueryInternals) {
  readonly #prelude: Prelude;
  /** Whether the prelude is done. */
  begun = false;

  constructor(
    prelude: Prelude,
    statement: object,
    callback: (error: Error | null, result: pg.QueryResult) => void,
  ) {
    super(statement, undefined, callback);
    // The simple protocol would send no Sync of its own, and would run as another transaction.
    this.queryMode = "extended";
    this.#prelude = prelude;
  }

  // Called with the connection's stream corked.
  override prepare(connection: Connection): void {
    connection.bind({ statement: this.#prelude.name, values: this.#prelude.values });
    connection.execute({});
    super.prepare(connection);
  }

  override handleDataRow(message: unknown): void {
    if (this.begun) super.handleDataRow(message);
  }

  override handleCommandComplete(message: unknown, connection: Connection): void {
    if (this.begun) super.handleCommandComplete(message, connection);
    this.begun = true;
  }
}

const spoiled = new WeakSet<object>();

/**
 * Whether a connection once refused the settings themselves: its prepared statements or its role are not what they were
 * made, so nobody else gets it.
 */
export function isSpoiled(client: pg.PoolClient): boolean {
  return spoiled.has(client);
}

/** Keeps everybody else from a connection: it is closed once it is given back. */
export function spoil(client: pg.PoolClient): void {
  spoiled.add(client);
}

const notRun = new WeakSet<object>();

/** Whether a burst failed because its connection had lost its settings' statement: then nothing of it has run. */
export function hasNotRun(error: unknown): boolean {
  return typeof error === "object" && error !== null && notRun.has(error);
}

/** SQLSTATE of `session.refuse`: the settings hold, the session does not. */
const refused = "ZS020";
/** A prepared statement is gone, or another has its name. */
const tampered = new Set(["26000", "42P05"]);

/** Sends both in one piece. Resolves with the statement's result, once the transaction has ended. */
export function sendBurst(
  client: pg.PoolClient,
  prelude: Prelude,
  { text, values, name, arrayMode }: Statement,
): Promise<pg.QueryResult> {
  return new Promise((resolve, reject) => {
    const config = { text, values, name, ...(arrayMode ? { rowMode: "array" } : {}) };
    const burst = new Burst(prelude, config, (error, result) => {
      if (!error) return resolve(result);
      if (isDatabaseError(error)) {
        const ours = burst.begun ? !tampered.has(error.code!) : error.code === refused;
        if (!ours) spoiled.add(client);
        if (!burst.begun && error.code === "26000") notRun.add(error);
      }
      reject(error);
    });
    client.query(burst as unknown as pg.Submittable);
  });
}
