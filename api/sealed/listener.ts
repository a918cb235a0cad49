import pg from "pg";

/** A connection that is always there, or coming back. */
export interface Listener {
  /** The connection, while there is one. It pipelines. */
  readonly client: pg.Client | null;
  close(): Promise<void>;
}

export interface ListenerOptions {
  readonly databaseUrl: string;
  /** Sets a new connection up; until it is done there is no connection. Called again after each loss. */
  readonly setUp: (client: pg.Client) => Promise<void>;
  readonly onNotification: (channel: string, payload: string) => void;
  /** Notifications sent from now until the next connection are lost. */
  readonly onLost: () => void;
  /** What the connection is called in `pg_stat_activity`. */
  readonly applicationName?: string;
  /** ms before another try; grows to `maxDelayMs`. */
  readonly delayMs?: number;
  readonly maxDelayMs?: number;
}

/**
 * Connects, and connects again whenever the connection is lost, until closed.
 *
 * @throws the first attempt's error: a process that starts with a wrong setting should say so and end
 */
export async function createListener(options: ListenerOptions): Promise<Listener> {
  const { databaseUrl, setUp, onNotification, onLost, delayMs = 200, maxDelayMs = 5_000 } = options;
  let current: pg.Client | null = null;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let delay = delayMs;

  async function connect(): Promise<void> {
    const config: pg.ClientConfig & { pipeline: boolean } = {
      connectionString: databaseUrl,
      application_name: options.applicationName ?? "bulkhead api answers",
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      pipeline: true,
    };
    const client = new pg.Client(config);
    let lost = false;
    const lose = () => {
      if (lost) return;
      lost = true;
      const wasCurrent = current === client;
      if (wasCurrent) current = null;
      client.end().catch(() => {});
      if (wasCurrent) onLost();
      if (wasCurrent && !closed) again();
    };
    client.on("error", lose);
    client.on("end", lose);
    client.on("notification", ({ channel, payload }) => onNotification(channel, payload ?? ""));
    try {
      await client.connect();
      await setUp(client);
    } catch (error) {
      lost = true;
      client.end().catch(() => {});
      throw error;
    }
    if (lost) throw new Error("the connection was lost");
    if (closed) return void (await client.end());
    current = client;
    delay = delayMs;
  }

  function again(): void {
    timer = setTimeout(() => connect().catch(() => !closed && again()), delay);
    timer.unref();
    delay = Math.min(delay * 2, maxDelayMs);
  }

  await connect();
  return {
    get client() {
      return current;
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      const client = current;
      current = null;
      await client?.end().catch(() => {});
    },
  };
}
