import pg from "pg";

/** Says that a worker lives: a connection that is open as long as the process is. */
export interface Presence {
  end(): Promise<void>;
}

const RETRY_MS = 1_000;
/** A machine that is gone without a word is noticed after a minute. */
const KEEPALIVES = "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3";

/**
 * Holds a connection named after the worker. When the process dies, however it dies, the kernel closes the connection and
 * the name disappears from `pg_stat_activity`: others then know that what it had locked is free. No clock is compared
 * and nothing is written, unlike with a heartbeat.
 *
 * The name counts only together with the login, which Postgres vouches for.
 *
 * @param name at most 63 characters
 */
export async function announcePresence(connectionString: string, name: string): Promise<Presence> {
  let client: pg.Client | undefined;
  let ended = false;
  let timer: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    const next = new pg.Client({
      connectionString,
      application_name: name,
      options: KEEPALIVES,
      keepAlive: true,
      connectionTimeoutMillis: 10_000,
    });
    let over = false;
    const lost = () => {
      if (over) return;
      over = true;
      next.end().catch(() => {});
      again();
    };
    next.on("error", lost);
    next.on("end", lost);
    try {
      await next.connect();
    } catch (error) {
      over = true;
      throw error;
    }
    client = next;
    if (ended) await next.end();
  }

  function again(): void {
    if (ended) return;
    timer = setTimeout(() => connect().catch(again), RETRY_MS);
  }

  await connect();
  return {
    async end() {
      ended = true;
      clearTimeout(timer);
      await client?.end().catch(() => {});
    },
  };
}
