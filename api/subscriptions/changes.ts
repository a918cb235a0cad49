import { RequestError } from "../errors/request_error.ts";
import { createListener } from "../sealed/listener.ts";

/** Postgres' notifications for this process: one connection, however many subscribe. */
export interface Changes {
  /** False while the connection is lost: what happens meanwhile is not heard. */
  readonly up: boolean;
  /**
   * @returns once every later notification reaches `hear`; call what it returns to stop
   * @throws {RequestError} `UNAVAILABLE`
   */
  listen(channel: string, hear: (payload: string) => void): Promise<() => void>;
  close(): Promise<void>;
}

/**
 * @param onLost notifications are being lost from now on: whoever subscribes has to begin anew
 * @throws when the database cannot be reached at the start; afterwards the connection mends itself
 */
export async function createChanges(options: {
  readonly databaseUrl: string;
  readonly onLost: () => void;
}): Promise<Changes> {
  const channels = new Map<string, Set<(payload: string) => void>>();
  const unavailable = () => new RequestError("UNAVAILABLE", "changes cannot be heard at the moment");
  const listener = await createListener({
    databaseUrl: options.databaseUrl,
    applicationName: "bulkhead api changes",
    setUp: async (client) => {
      for (const channel of channels.keys()) await client.query(`listen ${client.escapeIdentifier(channel)}`);
    },
    // By channel: what is sent to one workspace's is never looked at for another's subscribers.
    onNotification: (channel, payload) => channels.get(channel)?.forEach((hear) => hear(payload)),
    onLost: options.onLost,
  });

  function leave(channel: string, hear: (payload: string) => void): void {
    const hearers = channels.get(channel);
    if (!hearers?.delete(hear) || hearers.size > 0) return;
    channels.delete(channel);
    const { client } = listener;
    client?.query(`unlisten ${client.escapeIdentifier(channel)}`).catch(() => {});
  }

  return {
    get up() {
      return listener.client !== null;
    },
    async listen(channel, hear) {
      const { client } = listener;
      if (!client) throw unavailable();
      const hearers = channels.get(channel) ?? new Set();
      channels.set(channel, hearers.add(hear));
      try {
        // Also where it is listened to already: the first one's command may still be on its way.
        await client.query(`listen ${client.escapeIdentifier(channel)}`);
      } catch {
        leave(channel, hear);
        throw unavailable();
      }
      return () => leave(channel, hear);
    },
    close: () => listener.close(),
  };
}
