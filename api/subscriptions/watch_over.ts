import type pg from "pg";
import { asRequestError } from "../errors/request_error.ts";
import { authenticate } from "../graphql/authenticate.ts";
import type { Session } from "../graphql/request_context.ts";
import type { SubscriptionLimits } from "./limits.ts";
import { CLOSE, closeSocket, type Subscriber } from "./subscriber.ts";

/** Ends sockets whose session has ended, and those that answer no more. */
export interface Watch {
  /** The session may hear of nothing any more: closes the socket, with the reason. */
  end(subscriber: Subscriber, session: Session): Promise<void>;
  stop(): void;
}

export function watchOver(
  open: ReadonlySet<Subscriber>,
  options: {
    readonly pool: pg.Pool;
    readonly limits: Pick<SubscriptionLimits, "recheckInterval" | "pingInterval">;
    /** Whether a session may still hear of anything. */
    readonly stands: (session: Session) => Promise<boolean>;
    readonly log: (line: string) => void;
  },
): Watch {
  const { pool, limits, stands, log } = options;

  async function end(subscriber: Subscriber, session: Session): Promise<void> {
    const code = await authenticate(pool, `Bearer ${session.token}`).then(
      () => "PERMISSION_DENIED",
      (error: unknown) => asRequestError(error, log).code,
    );
    closeSocket(subscriber, CLOSE.forbidden, code);
  }

  let checking = false;
  async function check(): Promise<void> {
    if (checking) return;
    checking = true;
    try {
      for (const subscriber of open) {
        const { session } = subscriber;
        if (session && !(await stands(session))) await end(subscriber, session);
      }
    } catch {
      // Not knowing is no reason to go on: any of the sessions may have ended.
      for (const subscriber of open) closeSocket(subscriber, CLOSE.restart, "UNAVAILABLE");
    } finally {
      checking = false;
    }
  }

  const timers = [
    setInterval(() => void check(), limits.recheckInterval),
    setInterval(() => {
      for (const subscriber of open) {
        if (!subscriber.alive) subscriber.socket.terminate();
        subscriber.alive = false;
        if (subscriber.socket.readyState === subscriber.socket.OPEN) subscriber.socket.ping();
      }
    }, limits.pingInterval),
  ];
  for (const timer of timers) timer.unref();

  return { end, stop: () => timers.forEach((timer) => clearInterval(timer)) };
}
