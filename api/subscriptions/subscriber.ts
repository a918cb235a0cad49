import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";
import { RequestError } from "../errors/request_error.ts";
import type { Session } from "../graphql/request_context.ts";

/** WebSocket close codes (RFC 6455 section 7.4; graphql-transport-ws). A client may come back after all of them. */
export const CLOSE = { goingAway: 1001, restart: 1012, forbidden: 4403 } as const;
/** ms that a closing handshake gets. */
const CLOSE_GRACE = 2_000;

/** One WebSocket. */
export interface Subscriber {
  readonly socket: WebSocket;
  readonly address: string;
  /** As the upgrade sent it. */
  readonly authorization: string | undefined;
  /** Undefined until it has said who it is. */
  session: Session | undefined;
  /** Its subscriptions, by the message that asked: a client may use an id again while the former still ends. */
  readonly running: Map<unknown, { stop(): void }>;
  /** Whether it has answered the latest ping. */
  alive: boolean;
}

export function createSubscriber(socket: WebSocket, request: IncomingMessage, address: string): Subscriber {
  const { authorization } = request.headers;
  return { socket, address, authorization, session: undefined, running: new Map(), alive: true };
}

/** Closes a socket with a code for its reason; whoever does not answer the handshake is cut off. */
export function closeSocket({ socket, running }: Subscriber, code: number, reason: string): void {
  for (const { stop } of running.values()) stop();
  socket.close(code, reason);
  setTimeout(() => socket.terminate(), CLOSE_GRACE).unref();
}

/**
 * Who a socket says it is: by the header of its upgrade or, as browsers cannot set one, by its first message.
 *
 * @throws {RequestError} `AUTHORIZATION_MALFORMED`
 */
export function presented(
  { authorization }: Subscriber,
  params: Readonly<Record<string, unknown>>,
): string | undefined {
  if (authorization !== undefined) return authorization;
  const value = params.authorization ?? params.Authorization;
  if (value !== undefined && typeof value !== "string")
    throw new RequestError("AUTHORIZATION_MALFORMED", "authorization is not Bearer and one token");
  return value;
}

/** What a person's sockets and subscriptions are counted by. */
export const personOf = ({ workspaceId, personId }: Session): string => `${workspaceId} ${personId}`;
