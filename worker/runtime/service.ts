import { EventEmitter } from "node:events";
import { Logger, run, type TaskList, type WorkerPool } from "graphile-worker";
import pg from "pg";
import { codeOf, withCodedErrors } from "./errors.ts";
import { announcePresence } from "./presence.ts";
import { startRecovery } from "./recovery.ts";

/** One worker service: its login, its queue, its tasks. */
export interface ServiceOptions {
  /** For example `mail_sync`: the queue is the schema `queue_<name>`. */
  readonly name: string;
  /** Connection URL of the service's own login. */
  readonly databaseUrl: string;
  readonly tasks: TaskList;
  /** graphile-worker's crontab. */
  readonly crontab?: string;
  /** Jobs that begin with the service: what runs by the clock need not wait for its next turn. By task, each once. */
  readonly atStart?: readonly string[];
  readonly concurrentJobs?: number;
  /**
   * For the service that answers while somebody waits: finished jobs are written off in batches, nothing waits for the
   * disk, and a job that failed is worth nothing any more.
   */
  readonly answersAtOnce?: boolean;
  /** ms that jobs under way get at a stop before those that can stop half-way are told to; default 5,000 */
  readonly interruptAfterMs?: number;
  /** ms between two looks for dead workers; default 20,000 */
  readonly recoverEveryMs?: number;
  readonly log: (line: string) => void;
}

export interface RunningService {
  /** Settles when the service has ended, rejects when it ended by itself. */
  readonly ended: Promise<void>;
  /** Takes no more jobs and waits for those under way; tasks that can stop half-way do. */
  stop(): Promise<void>;
}

/** ms between two nudges of a service that nobody waits for at the keyboard. */
const NUDGE_MS = 50;

/** Runs one service on its own connections, until stopped. */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const { name, databaseUrl, answersAtOnce = false, concurrentJobs = 10, recoverEveryMs = 20_000 } = options;
  const schema = `queue_${name}`;
  const log = (line: string) => options.log(`${name}: ${line}`);
  const pool = createPool(databaseUrl, concurrentJobs + 3, answersAtOnce, log);
  const events = new EventEmitter();
  let workerPool: WorkerPool | undefined;
  events.once("pool:create", (event: { workerPool: WorkerPool }) => {
    workerPool = event.workerPool;
    if (!answersAtOnce) spaceNudges(event.workerPool);
  });
  try {
    const runner = await run({
      pgPool: pool,
      schema,
      events,
      noHandleSignals: true,
      taskList: Object.fromEntries(
        Object.entries(options.tasks).map(([task, run]) => [task, withCodedErrors(run!)]),
      ),
      ...(options.crontab ? { crontab: options.crontab } : { parsedCronItems: [] }),
      logger: new Logger(() => (level, message) => {
        // One line: what follows is a stack.
        if (level === "error" || level === "warning") log(message.split("\n", 1)[0]!);
      }),
      preset: {
        worker: {
          concurrentJobs,
          gracefulShutdownAbortTimeout: options.interruptAfterMs ?? 5_000,
          // Never refetchDelay: with it, jobs that come one by one wait for each other.
          localQueue: { size: 50 },
          ...(answersAtOnce ? { completeJobBatchDelay: 20, failJobBatchDelay: 20 } : {}),
        },
      },
    });
    const ended = runner.promise;
    ended.catch(() => {});
    const presence = await announcePresence(databaseUrl, workerPool!.id).catch(async (error) => {
      await runner.stop();
      throw error;
    });
    for (const task of options.atStart ?? []) await runner.addJob(task, {}, { jobKey: task });
    const keepFailed = answersAtOnce ? "1 minute" : "30 days";
    const recovery = startRecovery({ pool, schema, everyMs: recoverEveryMs, keepFailed, log });
    let stopping: Promise<void> | undefined;
    return {
      ended,
      stop: () =>
        (stopping ??= (async () => {
          await recovery.stop();
          await runner.stop().catch(() => {});
          await ended.catch(() => {});
          // Only now: as long as a job was under way, it was ours.
          await presence.end();
          await pool.end();
        })()),
    };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

function createPool(
  databaseUrl: string,
  max: number,
  lossBearable: boolean,
  log: (line: string) => void,
): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max,
    application_name: "bulkhead worker",
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    // After a crash the calls are gone with their unlogged table: their jobs' rows need not outlive it either.
    options: lossBearable ? "-c synchronous_commit=off" : undefined,
  });
  // A connection that breaks while idle is replaced; without a listener it would end the process.
  pool.on("error", (error) => log(`a database connection was lost (${codeOf(error)})`));
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

/**
 * All queues of a database notify one channel, so each job of the busiest service would make every other service ask
 * the database for work. The first nudge passes at once, those that follow within {@link NUDGE_MS} as one.
 */
function spaceNudges(workerPool: WorkerPool & { nudge?: (count: number) => void }): void {
  const nudge = workerPool.nudge?.bind(workerPool);
  if (!nudge) return;
  let timer: NodeJS.Timeout | undefined;
  let held = 0;
  const pass = () => {
    timer = undefined;
    if (held === 0) return;
    const count = held;
    held = 0;
    timer = setTimeout(pass, NUDGE_MS);
    timer.unref();
    nudge(count);
  };
  workerPool.nudge = (count) => {
    held += count;
    if (!timer) pass();
  };
}
