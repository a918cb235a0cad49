import { afterAll } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import { sealSecret } from "../../envelope/secret.ts";
import { generateWorkerKeys, parsePublicKeys } from "../../envelope/keys.ts";
import type { TestDatabase } from "../helpers/database.ts";
import { type SignedIn, asMember } from "../helpers/people.ts";

export const WATCH = "subscription Watch { connectionChanged { rowId state } }";

/** How a socket or a handshake ended. */
export interface Ended {
  readonly code: number;
  readonly reason: string;
}

/** One WebSocket, spoken to in graphql-transport-ws. */
export interface Line {
  readonly socket: WebSocket;
  /** Every message so far. */
  readonly messages: any[];
  /** The first message that fits; waits for it. */
  next(fits: (message: any) => boolean): Promise<any>;
  send(message: object): void;
  /** Says who it is; waits for the answer. */
  init(token: string | null, payload?: object): Promise<void>;
  /** Subscribes, and waits until the database says that it listens. */
  readonly closed: Promise<Ended>;
}

export interface LineOptions extends ClientOptions {
  readonly path?: string;
  readonly protocol?: string;
}

/** Opens a socket; a refused handshake is its end, with the status for a code and the body for a reason. */
export function openLine(url: string, options: LineOptions = {}): Promise<Line> {
  const { path = "/graphql", protocol = "graphql-transport-ws", ...rest } = options;
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}${path}`, protocol, rest);
  const messages: any[] = [];
  const waiting = new Set<() => void>();
  let ended: Ended | undefined;
  const closed = new Promise<Ended>((resolve) => {
    const end = (how: Ended) => {
      ended ??= how;
      resolve(ended);
      waiting.forEach((wake) => wake());
    };
    socket.on("close", (code, reason) => end({ code, reason: reason.toString() }));
    socket.on("error", () => {});
    socket.on("unexpected-response", (_request, response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => (body += chunk.toString()));
      response.on("end", () => end({ code: response.statusCode ?? 0, reason: body }));
    });
  });
  socket.on("message", (data: Buffer) => {
    messages.push(JSON.parse(data.toString()));
    waiting.forEach((wake) => wake());
  });
  afterAll(() => socket.terminate());
  const line: Line = {
    socket,
    messages,
    closed,
    send: (message) => socket.send(JSON.stringify(message)),
    async next(fits) {
      for (;;) {
        const found = messages.find(fits);
        if (found) return found;
        if (ended) throw new Error(`the socket has ended: ${ended.code} ${ended.reason}`);
        await new Promise<void>((resolve) => {
          const wake = () => (waiting.delete(wake), resolve());
          waiting.add(wake);
        });
      }
    },
    async init(token, payload = token === null ? {} : { authorization: `Bearer ${token}` }) {
      line.send({ type: "connection_init", payload });
      await line.next(({ type }) => type === "connection_ack");
    },
  };
  return new Promise((resolve) => {
    socket.on("open", () => resolve(line));
    void closed.then(() => resolve(line));
  });
}

/** A subscription that is in force. */
export async function watch(database: TestDatabase, url: string, person: SignedIn, id = "1"): Promise<Line> {
  const line = await openLine(url);
  await line.init(person.accessToken);
  line.send({ id, type: "subscribe", payload: { query: WATCH } });
  await listening(database, person);
  return line;
}

/** Waits until a process listens to the workspace's channel. */
export async function listening(database: TestDatabase, person: SignedIn): Promise<void> {
  const channel = `connections_${person.workspaceId.replaceAll("-", "")}`;
  const admin = database.pool("postgres", { max: 1 });
  for (;;) {
    // What the API's connection ran last: nobody else can see what it listens to.
    const { rows } = await admin.query(
      "select 1 from pg_stat_activity where datname = current_database() and application_name = 'bulkhead api changes' and query like $1 and state = 'idle'",
      [`listen %${channel}%`],
    );
    if (rows.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const publicKeys = parsePublicKeys(generateWorkerKeys().public);

/** What a service does at its start. */
export async function declareMailbox(database: TestDatabase): Promise<void> {
  await database
    .pool("bulkhead_mail_sync", { max: 1 })
    .query("select connections.declare_provider('smtp_imap', 'mailbox', 'secret', null, 'none', '{}')");
}

/** Begins a connection, which is a change of its state: from nothing to pending. */
export async function beginConnection(database: TestDatabase, person: SignedIn): Promise<string> {
  const binding = { workspace: person.workspaceId, person: person.personId };
  const sealed = sealSecret(publicKeys.intake[0]!, binding, "{}");
  const { rows } = await asMember(database, person.accessToken, (client) =>
    client.query("select id from connections.connect_with_secret('smtp_imap', 'mailbox', $1)", [sealed]),
  );
  return rows[0].id as string;
}

/** Ends a connection: another change. */
export async function endConnection(database: TestDatabase, person: SignedIn, id: string): Promise<void> {
  await asMember(database, person.accessToken, (client) =>
    client.query("select connections.disconnect($1)", [id]),
  );
}
