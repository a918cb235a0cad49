import type pg from "pg";
import { onConnection, runInTransaction } from "../database/transaction.ts";
import type { ChangeFeed, ConnectionChange } from "../graphql/request_context.ts";
import type { TransactionSettings } from "../database/transaction.ts";
import type { Changes } from "./changes.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Rows that one look takes. */
const BATCH = 100;

/** What a session may hear of at this moment. */
interface Look {
  /** Null: nothing any more, or not yet. */
  readonly workspaceId: string | null;
  readonly visible: readonly string[];
}

/**
 * Asks the database what a session may know: its workspace, if it may read connections, and which of these rows it sees.
 * Asked anew for every event, with the token, under row-level security: nothing is remembered from the beginning.
 */
export async function look(
  pool: pg.Pool,
  settings: TransactionSettings,
  ids: readonly string[] = [],
): Promise<Look> {
  const { rows } = await onConnection(pool, (client) =>
    runInTransaction(client, settings, {
      name: "bulkhead_changes",
      text: `select session.workspace_with('connections.read') as workspace_id,
        array(select c.id::text from connections.connections c
          where c.workspace_id = session.workspace_with('connections.read') and c.id = any ($1::uuid[])) as visible`,
      values: [ids],
    }),
  );
  return { workspaceId: rows[0].workspace_id as string | null, visible: rows[0].visible as string[] };
}

export interface FeedOptions {
  readonly pool: pg.Pool;
  readonly changes: Changes;
  readonly settings: TransactionSettings;
  /** The session may hear of nothing any more: the feed waits to be stopped. */
  readonly onEnded: () => void;
}

/**
 * Opens the feed of one subscription. The channel is the session's own workspace's, by the database's word; the caller
 * names none. A row that the session does not see makes no event, not even an empty one, which would tell of a colleague.
 *
 * @returns null where the session may not read connections
 */
export async function openFeed(options: FeedOptions): Promise<(ChangeFeed & { stop(): void }) | null> {
  const { pool, changes, settings } = options;
  const first = await look(pool, settings);
  if (first.workspaceId === null) return null;
  const workspaceId: string = first.workspaceId;
  /** Ids once each, however often they changed: a slow reader gets the newest state, and costs bounded memory. */
  const pending = new Set<string>();
  let wake = () => {};
  let stopped = false;
  // functions/connections/changed.sql names the channel alike.
  const leave = await changes.listen(`connections_${workspaceId.replaceAll("-", "")}`, (payload) => {
    if (!UUID.test(payload)) return;
    pending.add(payload);
    wake();
  });
  const stop = () => {
    stopped = true;
    leave();
    wake();
  };

  async function* events(): AsyncGenerator<ConnectionChange> {
    while (!stopped) {
      if (pending.size === 0) await new Promise<void>((resolve) => (wake = resolve));
      const ids = [...pending].slice(0, BATCH);
      if (stopped || ids.length === 0) continue;
      ids.forEach((id) => pending.delete(id));
      const now = await look(pool, settings, ids);
      if (now.workspaceId !== workspaceId) {
        leave();
        options.onEnded();
        // Until the socket is closed: a feed that just ends would look like one that has nothing more to say.
        while (!stopped) await new Promise<void>((resolve) => (wake = resolve));
        return;
      }
      for (const id of now.visible) yield { workspaceId, id };
    }
  }

  return {
    stop,
    subscribe() {
      const generator = events();
      return {
        [Symbol.asyncIterator]() {
          return this;
        },
        next: () => generator.next(),
        // A generator that waits does not hear of its end by itself.
        return: (value) => (stop(), generator.return(value)),
        throw: (error) => (stop(), generator.throw(error)),
      };
    },
  };
}
