import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { makeServer } from "graphql-ws";
import type pg from "pg";
import { GraphQLError } from "postgraphile/graphql";
import { type WebSocket, WebSocketServer } from "ws";
import { clientAddress } from "../auth/client_address.ts";
import type { ApiConfig } from "../config.ts";
import { RequestError, asRequestError } from "../errors/request_error.ts";
import { authenticate } from "../graphql/authenticate.ts";
import type { ApiRequest, Session } from "../graphql/request_context.ts";
import { type Changes, createChanges } from "./changes.ts";
import { type SubscriptionLimits, createTally, defaultSubscriptionLimits } from "./limits.ts";
import { type Operations, errorsOf } from "./operations.ts";
import { answerUpgrade, refuseUpgrade } from "./upgrade.ts";

/** WebSocket close codes (RFC 6455 section 7.4; graphql-transport-ws). A client may come back after all of them. */
const CLOSE = { goingAway: 1001, restart: 1012, forbidden: 4403 } as const;
/** ms that a closing handshake gets. */
const CLOSE_GRACE = 2_000;

/** One WebSocket. */
export interface Subscriber {
  readonly socket: WebSocket;
  readonly address: string | undefined;
  /** As the upgrade sent it. */
  readonly authorization: string | undefined;
  /** Undefined until it has said who it is. */
  session: Session | undefined;
  /** Its subscriptions, by the message that asked: a client may use an id again while the former still ends. */
  readonly running: Map<unknown, { stop(): void }>;
  /** Sends nothing more, and closes it. */
  close(code: number, reason: string): void;
  alive: boolean;
}

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
  let closing = false;

  const changes = await createChanges({
    databaseUrl: config.databaseUrl,
    // What is missed is not made up for: clients come back, and read what there is.
    onLost: () => open.forEach((subscriber) => subscriber.close(CLOSE.restart, "UNAVAILABLE")),
  });
  const operations = options.operations(changes);

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
        strangers.give(subscriber.address ?? "");
        return true;
      } catch (error) {
        subscriber.close(CLOSE.forbidden, asRequestError(error, log).code);
        return false;
      }
    },
    async onSubscribe({ extra: subscriber }, _id, payload) {
      const session = subscriber.session!;
      const person = personOf(session);
      if (!subscriptionsOf.take(person))
        return [coded(new RequestError("TOO_MANY_SUBSCRIPTIONS", "you have too many subscriptions open"))];
      const slot = { stop: () => {} };
      subscriber.running.set(payload, slot);
      try {
        const api: ApiRequest = {
          id: randomUUID(),
          // It reads, and the log holds what changes.
          origin: undefined,
          authenticated: true,
          session,
        };
        const ready = await operations.prepare(payload, api, () => void endOf(subscriber, session));
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

  /** Ends a socket whose session may not hear of anything any more, with the reason. */
  async function endOf(subscriber: Subscriber, session: Session): Promise<void> {
    const code = await authenticate(pool, `Bearer ${session.token}`).then(
      () => "PERMISSION_DENIED",
      (error: unknown) => asRequestError(error, log).code,
    );
    subscriber.close(CLOSE.forbidden, code);
  }

  const server = new WebSocketServer({
    noServer: true,
    maxPayload: limits.maxMessageBytes,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: () => "graphql-transport-ws",
  });

  function opened(socket: WebSocket, request: IncomingMessage, address: string | undefined): void {
    const subscriber: Subscriber = {
      socket,
      address,
      authorization: request.headers.authorization,
      session: undefined,
      running: new Map(),
      alive: true,
      close(code, reason) {
        for (const payload of [...subscriber.running.keys()]) release(subscriber, payload);
        socket.close(code, reason);
        // Whoever does not answer the handshake is cut off.
        setTimeout(() => socket.terminate(), CLOSE_GRACE).unref();
      },
    };
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
            receive(data.toString("utf8")).catch((error: unknown) => {
              if (socket.readyState !== socket.OPEN) return;
              // Never the error's own words: a parser quotes what it was given.
              subscriber.close(CLOSE.forbidden, asRequestError(error, log).code);
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
      else strangers.give(address ?? "");
      for (const payload of [...subscriber.running.keys()]) release(subscriber, payload);
      closed(code, reason.toString()).catch(() => {});
    });
  }

  const recheck = setInterval(() => void recheckAll(), limits.recheckInterval);
  const ping = setInterval(() => {
    for (const subscriber of open) {
      if (!subscriber.alive) subscriber.socket.terminate();
      subscriber.alive = false;
      if (subscriber.socket.readyState === subscriber.socket.OPEN) subscriber.socket.ping();
    }
  }, limits.pingInterval);
  recheck.unref();
  ping.unref();

  let rechecking = false;
  async function recheckAll(): Promise<void> {
    if (rechecking) return;
    rechecking = true;
    for (const subscriber of open) {
      const { session } = subscriber;
      if (!session) continue;
      await operations.stands(session).then(
        (stands) => (stands ? undefined : endOf(subscriber, session)),
        // Not knowing is no reason to go on: the session may have ended.
        () => subscriber.close(CLOSE.restart, "UNAVAILABLE"),
      );
    }
    rechecking = false;
  }

  return {
    upgrade(request, socket, head) {
      socket.on("error", () => socket.destroy());
      let address: string | undefined;
      try {
        refuseUpgrade(request, config.publicUrl);
        if (closing || !changes.up)
          throw new RequestError("UNAVAILABLE", "changes cannot be heard at the moment");
        address = clientAddress(request, config.trustedProxies) ?? undefined;
        if (open.size >= limits.maxSockets || !strangers.take(address ?? ""))
          throw new RequestError("TOO_MANY_SOCKETS", "too many sockets are open");
      } catch (error) {
        return answerUpgrade(socket, asRequestError(error, log));
      }
      let upgraded = false;
      // A handshake that fails is answered by ws itself, and nothing tells us but its end.
      socket.once("close", () => upgraded || strangers.give(address ?? ""));
      server.handleUpgrade(request, socket, head, (websocket) => {
        upgraded = true;
        opened(websocket, request, address);
      });
    },
    async close() {
      closing = true;
      clearInterval(recheck);
      clearInterval(ping);
      const ended = [...open].map(
        ({ socket }) => new Promise<void>((resolve) => socket.once("close", () => resolve())),
      );
      for (const subscriber of open) subscriber.close(CLOSE.goingAway, "UNAVAILABLE");
      await Promise.all(ended);
      await changes.close();
    },
  };
}

/** Who a socket says it is: by the header of its upgrade or, as browsers cannot set one, by its first message. */
function presented(subscriber: Subscriber, params: Record<string, unknown>): string | undefined {
  if (subscriber.authorization !== undefined) return subscriber.authorization;
  const value = params.authorization ?? params.Authorization;
  if (value !== undefined && typeof value !== "string")
    throw new RequestError("AUTHORIZATION_MALFORMED", "authorization is not Bearer and one token");
  return value;
}

const personOf = ({ workspaceId, personId }: Session): string => `${workspaceId} ${personId}`;

const coded = ({ message, code, extensions }: RequestError): GraphQLError =>
  new GraphQLError(message, { extensions: { code, ...extensions } });
