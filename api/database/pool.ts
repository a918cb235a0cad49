import pg from "pg";

export interface PoolOptions {
  /** Connection URL of `bulkhead_api`. */
  readonly databaseUrl: string;
  readonly poolSize: number;
  /** ms */
  readonly statementTimeout: number;
}

/**
 * The API's connections. They pipeline: statements that do not wait for each other travel in one burst.
 *
 * What is set here holds for the whole connection and is the same for every request. What belongs to one request is set
 * for its transaction only, so a connection that comes back to the pool carries nothing of it.
 */
export function createPool(options: PoolOptions): pg.Pool {
  const config: pg.PoolConfig & { pipeline: boolean } = {
    connectionString: options.databaseUrl,
    max: options.poolSize,
    application_name: "bulkhead api",
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    pipeline: true,
  };
  const pool = new pg.Pool(config);
  // An idle connection that breaks is replaced; without a listener it would end the process.
  pool.on("error", () => {});
  pool.on("connect", (client) => {
    client.on("error", () => {});
    const timeout = Math.trunc(options.statementTimeout);
    // jit: its compilation costs more than any of our statements. transaction_timeout is known from Postgres 17 on.
    client
      .query(
        `select set_config(name, setting, false) from (values
          ('statement_timeout', '${timeout}'), ('jit', 'off'), ('transaction_timeout', '${timeout + 5_000}')
        ) as wanted (name, setting)
        where name in (select s.name from pg_catalog.pg_settings s)`,
      )
      .catch(() => {});
  });
  return pool;
}
