import pg from "pg";

export interface RecoveryOptions {
  readonly pool: pg.Pool;
  /** The queue's schema. */
  readonly schema: string;
  /** ms between two looks. */
  readonly everyMs: number;
  /** Postgres interval for which jobs that failed for good are kept. */
  readonly keepFailed: string;
  readonly log: (line: string) => void;
}

/**
 * Gives the jobs of dead workers back to their queue. graphile-worker itself waits four hours.
 *
 * A worker is dead when it was absent from `pg_stat_activity` in two looks one after the other: one that is just starting
 * or whose connection is coming back is not. Should a worker live on all the same, cut off from the database for so long,
 * then its job runs twice, and every task bears that: calls are taken once, and a ticket that is claimed again
 * ends the token of the former claim.
 */
export function startRecovery(options: RecoveryOptions): { stop(): Promise<void> } {
  const { pool, everyMs, keepFailed, log } = options;
  const schema = pg.escapeIdentifier(options.schema);
  let suspects = new Set<string>();
  let running: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    const { rows } = await pool.query<{ name: string }>(
      `select l.name from (
        select j.locked_by as name from ${schema}._private_jobs j
        union select q.locked_by from ${schema}._private_job_queues q
      ) l
      where l.name is not null and not exists (
        select from pg_stat_activity a
        where a.datname = current_database() and a.usename = session_user and a.application_name = l.name
      )`,
    );
    const absent = rows.map(({ name }) => name);
    const dead = absent.filter((name) => suspects.has(name));
    suspects = new Set(absent);
    if (dead.length > 0) {
      await pool.query(`select ${schema}.force_unlock_workers($1::text[])`, [dead]);
      log(`gave the jobs of ${dead.length} dead worker(s) back to the queue`);
    }
    await pool.query(
      `delete from ${schema}._private_jobs
      where attempts >= max_attempts and locked_at is null and updated_at < now() - $1::interval`,
      [keepFailed],
    );
  }

  const run = () => {
    running = look().catch(() => {});
  };
  run();
  const timer = setInterval(run, everyMs);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
