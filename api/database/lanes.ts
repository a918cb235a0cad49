import type pg from "pg";
import { hasNotRun, isSpoiled, spoil } from "./burst.ts";
import { createPace } from "./pace.ts";
import {
  holdWrites,
  isBeingPrepared,
  isOutside,
  onConnection,
  releaseClient,
  runInTransaction,
} from "./transaction.ts";
import type { Statement, TransactionOptions, TransactionSettings } from "./transaction.ts";
import { createTurns } from "./turns.ts";

/** Connections that quick statements share. A process of one thread keeps no more of them busy. */
const maxLanes = 3;
/** Statements on their way over one of them. */
const maxInFlight = 32;
/** ms. A lane that has not answered for longer gets nothing more until it does. */
const staleMs = 10;
/** Connections in a row that turn out to have lost their prepared statements. */
const maxLost = 20;

/** A connection that several statements share: each is a transaction of its own, one behind the other. */
interface Lane {
  readonly connecting: Promise<pg.PoolClient>;
  /** Undefined while it is being taken from the pool. */
  client: pg.PoolClient | undefined;
  inFlight: number;
  /** When the oldest of its statements could begin; undefined before the first. */
  since: number | undefined;
  /** It gets nothing more, and goes back when it is empty. */
  closing: boolean;
}

export interface Lanes {
  /** Runs a statement in a transaction of its own, on whichever connection suits. */
  run(
    settings: TransactionSettings,
    statement: Statement,
    options?: TransactionOptions,
  ): Promise<pg.QueryResult>;
}

/**
 * Quick statements of different requests share a few connections and travel together: what is asked in one turn of the
 * event loop is one write for a connection, and the server works it off without going to sleep in between.
 *
 * Each is a transaction of its own, with its own role and token before it, so nothing of one reaches the next; when one
 * fails, the server skips to where the next begins. What they share is the queue: so a statement that is not known to be
 * quick has a connection for itself, as has every transaction of several statements.
 */
export function createLanes(pool: pg.Pool): Lanes {
  const lanes = new Set<Lane>();
  const pace = createPace();
  const turns = createTurns();

  function open(): Lane {
    const connecting = pool.connect();
    const lane: Lane = { connecting, client: undefined, inFlight: 0, since: undefined, closing: false };
    lanes.add(lane);
    return lane;
  }

  /** The least busy one that may take it; undefined: it goes by itself. */
  function laneFor({ name }: Statement): Lane | undefined {
    // Whoever waits for a connection comes first, or lanes would never give theirs back.
    if (!pace.isQuick(name) || pool.waitingCount > pool.idleCount) return undefined;
    const stale = performance.now() - staleMs - 2 * turns.length();
    let best: Lane | undefined;
    for (const lane of lanes) {
      const { client, inFlight, since = Infinity } = lane;
      if (lane.closing || inFlight >= maxInFlight || since < stale) continue;
      if (client && isBeingPrepared(client, name!)) continue;
      if (!best || inFlight < best.inFlight) best = lane;
    }
    return lanes.size < maxLanes ? open() : best;
  }

  async function runAlone(
    settings: TransactionSettings,
    statement: Statement,
    options: TransactionOptions | undefined,
    lost = maxLost,
  ): Promise<pg.QueryResult> {
    try {
      return await onConnection(pool, async (client) => {
        const began = performance.now();
        try {
          return await runInTransaction(client, settings, statement, options);
        } finally {
          pace.note(statement.name, performance.now() - began - turns.length());
        }
      });
    } catch (error) {
      // Somebody before made the server forget what it had prepared. That connection is closed, and the next one tried.
      if (hasNotRun(error) && lost > 0) return runAlone(settings, statement, options, lost - 1);
      throw error;
    }
  }

  function leave(lane: Lane, client: pg.PoolClient): void {
    lane.inFlight -= 1;
    lane.since = performance.now();
    // One that left its transaction open, or whose settings were refused: nobody else follows it.
    if (!isOutside(client)) spoil(client);
    if (isSpoiled(client)) lane.closing = true;
    if (lane.inFlight > 0) return;
    lanes.delete(lane);
    releaseClient(client);
  }

  return {
    async run(settings, statement, options) {
      turns.enter();
      const lane = laneFor(statement);
      if (!lane) return runAlone(settings, statement, options);
      lane.inFlight += 1;
      let client: pg.PoolClient;
      try {
        client = lane.client ?? (lane.client = await lane.connecting);
      } catch (error) {
        lanes.delete(lane);
        throw error;
      }
      // Another one that waited for this connection is preparing it now: were that one refused, so would this be.
      if (lane.closing || isBeingPrepared(client, statement.name!)) {
        leave(lane, client);
        return runAlone(settings, statement, options);
      }
      lane.since ??= performance.now();
      try {
        holdWrites(client);
        const result = await runInTransaction(client, settings, statement, options);
        pace.note(statement.name, performance.now() - lane.since - turns.length());
        return result;
      } catch (error) {
        if (hasNotRun(error)) return runAlone(settings, statement, options);
        throw error;
      } finally {
        leave(lane, client);
      }
    },
  };
}
