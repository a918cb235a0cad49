import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { authenticate } from "./workos/authenticate.ts";
import { authorize, chosen } from "./workos/authorize.ts";
import { failureReply, takeFailure, tokenFlaws, type Failure } from "./workos/failures.ts";
import type { FailureKind, FailureOptions } from "./workos/failures.ts";
import { events, logout, memberships, revoke, setMembership, user } from "./workos/resources.ts";
import { createState, id, signingKey, userByEmail } from "./workos/state.ts";
import type {
  RecordedRequest,
  Reply,
  Session,
  SigningKey,
  State,
  WorkosStandinOptions,
} from "./workos/types.ts";

export type { FailureKind, FailureOptions } from "./workos/failures.ts";
export type {
  RecordedRequest,
  StandinOrganization,
  StandinPerson,
  WorkosStandinOptions,
} from "./workos/types.ts";

/** Bodies above this are refused: it also runs next to a demo. */
const MAX_BODY_BYTES = 64 * 1024;
/** A demo may run for days. */
const MAX_RECORDED = 1_000;

export interface WorkosStandin {
  /** `http://127.0.0.1:<port>`: the `baseUrl` of the SDK. */
  url: string;
  port: number;
  /** The `iss` of its tokens. */
  issuer: string;
  /** The latest 1,000 requests, oldest first, secrets included. */
  requests: RecordedRequest[];
  /** How many requests a path has had. */
  count(method: string, path: string): number;
  /** Arms a failure for the next request (or `times` requests) to a path; see {@link FailureKind}. */
  fail(kind: FailureKind, options?: FailureOptions): void;
  /** Disarms every failure. */
  recover(): void;
  /** Replaces the signing key, as a rotation at WorkOS does. */
  rotateKey(): Promise<void>;
  /** Moves its clock forward, to let codes expire. */
  advance(ms: number): void;
  sessions(): readonly Session[];
  /** Changes a person's membership of an organization (null: removes it), and has its event. */
  setMembership(email: string, organizationId: string, status: "active" | "inactive" | null): void;
  /** Signs in without the page; resolves to the callback URL with `code` or `error`. */
  signIn(authorizeUrl: string, email: string, organizationId?: string): Promise<URL>;
  close(): Promise<void>;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new RangeError("body too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseBody(raw: string, contentType: string): Record<string, unknown> | null {
  if (raw === "") return null;
  if (contentType.startsWith("application/x-www-form-urlencoded")) {
    return Object.fromEntries(new URLSearchParams(raw));
  }
  try {
    const parsed: unknown = JSON.parse(raw);
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

async function route(
  state: State,
  request: RecordedRequest,
  spoil: () => ReturnType<typeof tokenFlaws>,
): Promise<Reply> {
  const { method, path } = request;
  const call = `${method} ${path}`;
  if (call === "GET /user_management/authorize") return authorize(state, request);
  if (call === "POST /standin/sign-in") return chosen(state, request);
  if (call === "GET /user_management/sessions/logout") return logout(state, request);
  if (call === "POST /user_management/authenticate") return authenticate(state, request, spoil());
  if (call === `GET /sso/jwks/${state.options.clientId}`) {
    return { status: 200, json: { keys: [state.key.publicJwk] } };
  }

  const userId = /^GET \/user_management\/users\/([\w-]+)$/.exec(call)?.[1];
  const known =
    userId ??
    [
      "POST /user_management/sessions/revoke",
      "GET /user_management/organization_memberships",
      "GET /events",
    ].find((one) => one === call);
  if (known === undefined) return { status: 404, json: { message: "Not Found", code: "not_found" } };
  if (request.headers.authorization !== `Bearer ${state.options.apiKey}`) {
    return { status: 401, json: { message: "Unauthorized" } };
  }
  if (userId !== undefined) return user(state, userId);
  if (path === "/events") return events(state, request);
  return method === "POST" ? revoke(state, request) : memberships(state, request);
}

function write(
  response: ServerResponse,
  reply: Reply,
  failure: Failure | undefined,
  delay: (then: () => void) => void,
) {
  const body = reply.html ?? (reply.json === undefined ? "" : JSON.stringify(reply.json));
  const sent = failure?.kind === "malformed_json" ? body.slice(0, -20) : body;
  response.writeHead(reply.status, {
    "x-request-id": id("req_"),
    "cache-control": "no-store",
    "content-type": reply.html === undefined ? "application/json; charset=utf-8" : "text/html; charset=utf-8",
    // No form-action: browsers would then forbid the redirect back to the application.
    ...(reply.html === undefined
      ? {}
      : {
          "content-security-policy":
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
        }),
    "referrer-policy": "no-referrer",
    ...(reply.location === undefined ? {} : { location: reply.location }),
    ...reply.headers,
  });
  if (failure?.kind !== "slow_body") return response.end(sent);
  response.write(sent.slice(0, sent.length / 2));
  return delay(() => response.end(sent.slice(sent.length / 2)));
}

/**
 * A local server that speaks WorkOS AuthKit's HTTP protocol with real state: codes are single-use and
 * expire, PKCE is checked, refresh tokens rotate, sessions end, tokens are RS256 under a published key.
 * For tests and `npm start`; loopback only. Sources: the SDK's own requests, and WorkOS's API reference.
 *
 * @example
 * const workos = await startWorkosStandin({ clientId, apiKey, organizations, people });
 * const callback = await workos.signIn(authorizeUrl({ baseUrl: workos.url, … }), "ada@example.com");
 */
export async function startWorkosStandin(options: WorkosStandinOptions): Promise<WorkosStandin> {
  const state = await createState(options);
  const requests: RecordedRequest[] = [];
  const timers = new Set<NodeJS.Timeout>();
  let failures: Failure[] = [];
  let otherKey: SigningKey | undefined;

  const delay = (ms: number, then: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      then();
    }, ms);
    timers.add(timer);
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://standin.invalid");
    const rawBody = await readBody(request);
    const recorded: RecordedRequest = {
      method: request.method ?? "GET",
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body: parseBody(rawBody, request.headers["content-type"] ?? ""),
      rawBody,
    };
    requests.push(recorded);
    if (requests.length > MAX_RECORDED) requests.shift();

    const failure = takeFailure(failures, recorded.path);
    const ms = failure?.ms ?? 60_000;
    if (failure?.kind === "slow") await new Promise<void>((resolve) => delay(ms, resolve));
    if (failure?.kind === "wrong_key" || failure?.kind === "unknown_key") otherKey ??= await signingKey();
    const reply =
      (failure && failureReply(failure, state)) ??
      (await route(state, recorded, () => tokenFlaws(failure?.kind, state, otherKey)));
    if (failure?.kind === "connection_reset") return void request.socket.resetAndDestroy();
    write(response, reply, failure, (then) => delay(ms, then));
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => {
      if (!response.headersSent) response.writeHead(500, { "content-type": "application/json" });
      response.end('{"message":"Internal server error"}');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  state.issuer = `${options.publicUrl ?? url}/user_management/${options.clientId}`;

  return {
    url,
    port,
    issuer: state.issuer,
    requests,
    count: (method, path) => requests.filter((one) => one.method === method && one.path === path).length,
    fail: (kind, how = {}) => void failures.push({ ...how, kind, left: how.times ?? 1 }),
    recover: () => void (failures = []),
    async rotateKey() {
      state.key = await signingKey();
    },
    advance: (ms) => void (state.skewMs += ms),
    sessions: () => [...state.sessions.values()],
    setMembership: (email, organizationId, status) =>
      setMembership(state, userByEmail(state, email)!, organizationId, status),
    async signIn(authorizeUrl, email, organizationId) {
      const target = new URL(authorizeUrl);
      // The browser's origin may be another than the one that answers here.
      const here = new URL(target.pathname + target.search, url);
      here.searchParams.set("login_hint", email);
      if (organizationId) here.searchParams.set("organization_id", organizationId);
      const answer = await fetch(here, { redirect: "manual", headers: { "x-standin-approve": "1" } });
      await answer.body?.cancel();
      const location = answer.headers.get("location");
      if (location === null) throw new Error(`the stand-in refused to authorize: status ${answer.status}`);
      return new URL(location);
    },
    async close() {
      for (const timer of timers) clearTimeout(timer);
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
