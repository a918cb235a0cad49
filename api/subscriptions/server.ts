import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { makeServer } from "graphql-ws";
import type pg from "pg";
import { type WebSocket, WebSocketServer } from "ws";
import { clientAddress } from "../auth/client_address.ts";
import type { ApiConfig } from "../config.ts";
import { RequestError, asRequestError } from "../errors/request_error.ts";
import { authenticate } from "../graphql/authenticate.ts";
import { type Changes, createChanges } from "./changes.ts";
import { type SubscriptionLimits, createTally, defaultSubscriptionLimits } from "./limits.ts";
import { type Operations, errorsOf } from "./operations.ts";
import { CLOSE, closeSocket, createSubscriber, personOf, presented, type Subscriber } from "./subscriber.ts";
import { answerUpgrade, refuseUpgrade } from "./upgrade.ts";
import { watchOver } from "./watch_over.ts";

export interface SubscriptionServer {
  /** For the HTTP server's `upgrade` event. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Tells every client to come back elsewhere, and takes no more. */
  close(): Promise<void>;
}

/**
 * Serves subscriptions. A socket is somebody's from its first message on, or it is closed; it ends with the session that
 * opened it: at the next event that the session may not hear of, and without any event within `recheckInterval`.
 */
export async function createSubscriptionServer(options: {
  readonly config: ApiConfig;
  readonly pool: pg.Pool;
  readonly log: (line: string) => void;
  readonly operations: (changes: Changes) => Operations;
  readonly limits?: Partial<SubscriptionLimits>;
}): Promise<SubscriptionServer> {
  const { config, pool, log } = options;
  const limits = { ...defaultSubscriptionLimits, ...options.limits };
  const open = new Set<Subscriber>();
  const strangers = createTally(limits.maxStrangers);
  const socketsOf = createTally(limits.maxSocketsPerPerson);
  const subscriptionsOf = createTally(limits.maxSubscriptionsPerPerson);
  const closeAll = (code: number) => open.forEach((one) => closeSocket(one, code, "UNAVAILABLE"));
  let closing = false;

  // What is missed is not made up for: clients come back, and read what there is.
  const changes = await createChanges({
    databaseUrl: config.databaseUrl,
    onLost: () => closeAll(CLOSE.restart),
  });
  const operations = options.operations(changes);
  const watch = watchOver(open, { pool, limits, stands: (session) => operations.stands(session), log });

  const protocol = makeServer<Record<string, unknown>, Subscriber>({
    connectionInitWaitTimeout: limits.initTimeout,
    async onConnect({ extra: subscriber, connectionParams = {} }) {
      try {
        const session = await authenticate(pool, presented(subscriber, connectionParams));
        if (!session) throw new RequestError("UNAUTHENTICATED", "sign in first");
        if (!open.has(subscriber)) return false;
        if (!socketsOf.take(personOf(session)))
          throw new RequestError("TOO_MANY_SOCKETS", "you have too many sockets open");
        subscriber.session = session;
        strangers.give(subscriber.address);
        return true;
      } catch (error) {
        closeSocket(subscriber, CLOSE.forbidden, asRequestError(error, log).code);
        return false;
      }
    },
    async onSubscribe({ extra: subscriber }, _id, payload) {
      const session = subscriber.session!;
      try {
        if (!subscriptionsOf.take(personOf(session)))
          throw new RequestError("TOO_MANY_SUBSCRIPTIONS", "you have too many subscriptions open");
        const slot = { stop: () => {} };
        subscriber.running.set(payload, slot);
        const ready = await operations.prepare(
          payload,
          // Without an origin: it reads, and the log holds what changes.
          { id: randomUUID(), origin: undefined, authenticated: true, session },
          () => void watch.end(subscriber, session),
        );
        slot.stop = ready.stop;
        // The client may have gone in the meantime, and would never be told of an end.
        if (!subscriber.running.has(payload)) ready.stop();
        return ready.args;
      } catch (error) {
        release(subscriber, payload);
        return errorsOf(error, config.development, log);
      }
    },
    subscribe: (args) => operations.subscribe(args),
    onNext: (_context, _id, _payload, _args, result) => operations.shown(result as never),
    onError: (_context, _id, _payload, errors) => errors.map((error) => operations.masked(error).toJSON()),
    onComplete: ({ extra: subscriber }, _id, payload) => release(subscriber, payload),
  });

  function release(subscriber: Subscriber, payload: unknown): void {
    const slot = subscriber.running.get(payload);
    if (!slot) return;
    subscriber.running.delete(payload);
    subscriptionsOf.give(personOf(subscriber.session!));
    slot.stop();
  }

  /** Whatever is asked is answered, a ping with all that it holds: who does not read would fill this process' memory. */
  function cutUnread(socket: WebSocket): boolean {
    const unread = socket.bufferedAmount > limits.maxUnreadBytes;
    if (unread) socket.terminate();
    return unread;
  }

  function opened(socket: WebSocket, request: IncomingMessage, address: string): void {
    const subscriber = createSubscriber(socket, request, address);
    open.add(subscriber);
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (data) =>
          new Promise((resolve, reject) => socket.send(data, (error) => (error ? reject(error) : resolve()))),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (receive) =>
          socket.on("message", (data: Buffer) => {
            // One that is being closed may still send.
            if (socket.readyState !== socket.OPEN) return;
            if (cutUnread(socket)) return;
            receive(data.toString("utf8")).catch((error: unknown) => {
              // Never the error's own words: a parser quotes what it was given.
              if (socket.readyState === socket.OPEN)
                closeSocket(subscriber, CLOSE.forbidden, asRequestError(error, log).code);
            });
          }),
      },
      subscriber,
    );
    socket.on("pong", () => (subscriber.alive = true));
    socket.on("error", () => socket.terminate());
    socket.once("close", (code, reason) => {
      open.delete(subscriber);
      if (subscriber.session) socketsOf.give(personOf(subscriber.session));
      else strangers.give(address);
      for (const payload of subscriber.running.keys()) release(subscriber, payload);
      closed(code, reason.toString()).catch(() => {});
    });
  }

  const server = new WebSocketServer({
    noServer: true,
    maxPayload: limits.maxMessageBytes,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: () => "graphql-transport-ws",
  });

  return {
    upgrade(request, socket, head) {
      socket.on("error", () => socket.destroy());
      const address = clientAddress(request, config.trustedProxies) ?? "";
      try {
        refuseUpgrade(request, config.publicUrl);
        if (closing || !changes.up)
          throw new RequestError("UNAVAILABLE", "changes cannot be heard at the moment");
        if (open.size >= limits.maxSockets || !strangers.take(address))
          throw new RequestError("TOO_MANY_SOCKETS", "too many sockets are open");
      } catch (error) {
        return answerUpgrade(socket, asRequestError(error, log));
      }
      let upgraded = false;
      // A handshake that fails is answered by ws itself, and nothing tells us but its end.
      socket.once("close", () => upgraded || strangers.give(address));
      server.handleUpgrade(request, socket, head, (websocket) => {
        upgraded = true;
        opened(websocket, request, address);
      });
    },
    async close() {
      closing = true;
      watch.stop();
      const ended = [...open].map(
        ({ socket }) => new Promise<void>((resolve) => socket.once("close", () => resolve())),
      );
      closeAll(CLOSE.goingAway);
      await Promise.all(ended);
      await changes.close();
    },
  };
}
