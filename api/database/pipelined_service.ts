import type pg from "pg";
import { makePgService } from "postgraphile/adaptors/pg";
import { admissionOf, admitting } from "../graphql/admission.ts";
import type { TransactionSettings } from "./transaction.ts";
import { createLanes, type Lanes } from "./lanes.ts";
import { beginTransaction, onConnection, sendStatement } from "./transaction.ts";

type Service = ReturnType<typeof makePgService>;
type WithPgClient = Awaited<ReturnType<NonNullable<Service["adaptor"]>["createWithPgClient"]>>;

/**
 * PostGraphile's Postgres service over pipelining connections.
 *
 * Unlike the stock adaptor, which waits for begin, settings, statement and commit in turn, each statement goes out in
 * one burst with its transaction. Statements that must share a transaction use `withTransaction`, as mutations do.
 */
export function makePipelinedService(options: {
  readonly pool: pg.Pool;
  readonly schemas: readonly string[];
  /** Role that the schema is read as: what it may not see is not in the API. */
  readonly introspectionRole: string;
}): Service {
  const service = makePgService({
    pool: options.pool,
    schemas: [...options.schemas],
    pubsub: false,
    pgSettingsForIntrospection: { role: options.introspectionRole },
  });
  const withPgClient = createWithPgClient(options.pool);
  return { ...service, adaptor: { ...service.adaptor, createWithPgClient: () => withPgClient } } as Service;
}

function createWithPgClient(pool: pg.Pool): WithPgClient {
  const lanes = createLanes(pool);
  const withPgClient = async (
    settings: TransactionSettings | null,
    callback: (client: unknown) => unknown,
  ): Promise<unknown> => callback(facade(pool, lanes, settings ?? {}));
  return Object.assign(withPgClient, { release() {} }) as unknown as WithPgClient;
}

interface StatementOptions {
  text: string;
  values?: readonly unknown[];
  name?: string;
  arrayMode?: boolean;
}

/** The client that PostGraphile's executor sees. It has no connection before it asks something. */
function facade(pool: pg.Pool, lanes: Lanes, settings: TransactionSettings) {
  const admission = admissionOf(settings);
  const admit = admission !== undefined;
  return {
    query: (statement: StatementOptions) =>
      admitting(admission, lanes.run(settings, statement, { admit })).then(answer),
    withTransaction: (callback: (client: unknown) => Promise<unknown>): Promise<unknown> =>
      onConnection(pool, (client) => {
        const begun = admitting(admission, beginTransaction(client, settings, { admit }));
        begun.catch(() => {});
        return inTransaction(client, begun, callback);
      }),
  };
}

async function inTransaction(
  client: pg.PoolClient,
  begun: Promise<unknown>,
  callback: (client: unknown) => Promise<unknown>,
): Promise<unknown> {
  const inner = {
    // Not prepared: names are kept count of outside transactions only.
    query: (statement: StatementOptions) =>
      Promise.all([begun, sendStatement(client, { ...statement, name: undefined })]).then(([, result]) =>
        answer(result),
      ),
    // A savepoint would let a caller go on after a refused statement; nothing here needs that.
    withTransaction: (nested: (client: unknown) => Promise<unknown>) => nested(inner),
  };
  let result: unknown;
  try {
    result = await callback(inner);
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw error;
  }
  const ended = await client.query("commit");
  if (ended.command !== "COMMIT") throw new Error("the transaction was rolled back");
  return result;
}

const answer = ({ rows, rowCount }: pg.QueryResult) => ({ rows, rowCount, notices: [] });
