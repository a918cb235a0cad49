import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type pg from "pg";
import type { GrafservBody } from "postgraphile/grafserv";
import { clientAddress } from "../auth/client_address.ts";
import type { ApiConfig } from "../config.ts";
import { starterOf } from "../connections/starter.ts";
import { asRequestError, RequestError } from "../errors/request_error.ts";
import { statusOf } from "../errors/registry.ts";
import { type Admission, refusalAmong } from "../graphql/admission.ts";
import { createOrigins } from "../graphql/origins.ts";
import { createSessions } from "../graphql/sessions.ts";
import type { Session } from "../graphql/request_context.ts";
import { refuseBatch } from "../limits/batching.ts";
import { LimitError } from "../limits/limit_error.ts";
import { withoutValues } from "../limits/redact.ts";
import { withoutSuggestions } from "../limits/suggestions.ts";
import type { Grafserv } from "./grafserv.ts";
import { privateHeaders } from "./headers.ts";
import { readJsonBody } from "./read_body.ts";

/** Bytes of a request that nobody has signed for. */
const maxAnonymousBytes = 65_536;

interface Deps {
  readonly config: ApiConfig;
  readonly pool: pg.Pool;
  readonly serv: Grafserv;
  readonly log: (line: string) => void;
}

interface Answer {
  readonly status: number;
  readonly body: GraphQLBody;
  readonly type?: string;
}

interface GraphQLBody {
  data?: unknown;
  errors?: readonly { message: string; extensions?: Record<string, unknown> }[];
}

/**
 * `POST /graphql`: who is asking is settled first, then what is asked is read. Of a session that this process knows, the
 * first statement asks whether it is still live; a request without statements is confirmed before it is answered.
 */
export function createGraphqlRoute(
  deps: Deps,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { config, pool, serv, log } = deps;
  const sessions = createSessions(pool);
  const originOf = createOrigins(pool);

  const answer = async (request: IncomingMessage, id: string, cookies: string[]): Promise<Answer> => {
    if (request.method !== "POST") throw new RequestError("METHOD_NOT_ALLOWED", "ask by POST");
    refuseOtherSites(request);
    const found = await sessions.find(request.headers.authorization);
    if (!found) return respond(request, id, cookies, undefined, { admitted: true });
    const { session, asked } = found;
    const admission = { admitted: asked };
    const confirm = async () => {
      if (!admission.admitted) await sessions.confirm(session);
      admission.admitted = true;
    };
    try {
      // A long body is read for a live session only.
      if (!(Number(request.headers["content-length"]) <= maxAnonymousBytes)) await confirm();
      const answered = await respond(request, id, cookies, session, admission).catch(
        async (error: unknown) => {
          await confirm();
          throw error;
        },
      );
      const refusal = refusalAmong(answered.body.errors ?? []);
      if (refusal) throw refusal;
      await confirm();
      return answered;
    } catch (error) {
      if (error instanceof RequestError && error.statusCode === 401) sessions.forget(session);
      throw error;
    }
  };

  const respond = async (
    request: IncomingMessage,
    id: string,
    cookies: string[],
    session: Session | undefined,
    admission: Admission,
  ): Promise<Answer> => {
    const origin = await originOf(
      session,
      clientAddress(request, config.trustedProxies),
      request.headers["user-agent"],
    );
    const json = await readJsonBody(request, session ? config.maxBodyBytes : maxAnonymousBytes);
    refuseBatch(json);
    if (typeof json !== "object" || json === null)
      throw new RequestError("REQUEST_MALFORMED", "the body is no object");
    const body = { type: "json", json } as GrafservBody;
    const result = await serv.handle({
      httpVersionMajor: request.httpVersionMajor,
      httpVersionMinor: request.httpVersionMinor,
      isSecure: config.publicUrl.startsWith("https:"),
      method: "POST",
      path: "/graphql",
      headers: { "content-type": "application/json", accept: request.headers.accept ?? "*/*" },
      getQueryParams: () => ({}),
      getBody: () => body,
      preferJSON: true,
      requestContext: {
        api: {
          id,
          origin,
          authenticated: true,
          session,
          admission,
          ...(session ? { startConnection: starterOf(deps, session, cookies) } : {}),
        },
      },
    });
    if (result?.type !== "json") throw new Error("grafserv did not answer with json");
    const payload = result.json as GraphQLBody;
    if (!payload.errors) return { status: 200, body: payload, type: result.headers["content-type"] };
    return withErrors(payload, session !== undefined, config.development, result.headers["content-type"]);
  };

  return async (request, response) => {
    const id = randomUUID();
    let answered: Answer;
    const cookies: string[] = [];
    try {
      answered = await answer(request, id, cookies);
    } catch (error) {
      answered = refusalOf(error, log);
    }
    if (cookies.length > 0 && !response.headersSent) response.setHeader("Set-Cookie", cookies);
    send(response, answered, id, request.headers.authorization !== undefined);
  };
}

/**
 * GraphQL here goes by a header that no page can make a browser add, so another site's page could do no harm. It is
 * refused all the same, before anything is looked up.
 */
function refuseOtherSites({ headers }: IncomingMessage): void {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") {
    throw new RequestError("ORIGIN_REFUSED", "that page is of another origin");
  }
}

/** Gives each error its code and the answer its status. A right that nobody has without signing in is a matter of that. */
function withErrors(
  payload: GraphQLBody,
  signedIn: boolean,
  development: boolean,
  type: string | undefined,
): Answer {
  const errors = payload.errors!.map((error) => {
    const { statusCode: _, ...extensions } = error.extensions ?? {};
    const code = typeof extensions.code === "string" ? extensions.code : "GRAPHQL_INVALID";
    if (code === "FORBIDDEN" && !signedIn) {
      return { ...error, message: "sign in first", extensions: { code: "UNAUTHENTICATED" } };
    }
    const message = withoutValues(development ? error.message : withoutSuggestions(error.message));
    return { ...error, message, extensions: { ...extensions, code } };
  });
  const codes = errors.map(({ extensions }) => extensions.code as string);
  const refused = payload.data === undefined || payload.data === null;
  const status = codes.includes("UNAUTHENTICATED")
    ? 401
    : payload.data === undefined
      ? Number(payload.errors![0]!.extensions?.statusCode ?? statusOf(codes[0]!) ?? 400)
      : refused
        ? (statusOf(codes[0]!) ?? 200)
        : 200;
  return { status, body: { ...payload, errors }, type };
}

function refusalOf(error: unknown, log: (line: string) => void): Answer {
  if (error instanceof LimitError) {
    const { message, statusCode: status, extensions } = error;
    return { status, body: { errors: [{ message, extensions: { ...extensions } }] } };
  }
  const { message, statusCode: status, code, extensions } = asRequestError(error, log);
  return { status, body: { errors: [{ message, extensions: { code, ...extensions } }] } };
}

function send(response: ServerResponse, answer: Answer, requestId: string, presented: boolean): void {
  if (response.headersSent || response.destroyed) return;
  // As text, which leaves with the headers in one piece.
  const payload = JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    ...privateHeaders,
    "Content-Type": answer.type ?? "application/json; charset=utf-8",
    "Content-Length": String(Buffer.byteLength(payload)),
    "X-Request-Id": requestId,
    ...(answer.status === 401
      ? { "WWW-Authenticate": presented ? 'Bearer error="invalid_token"' : "Bearer" }
      : {}),
    ...(answer.status === 405 ? { Allow: "POST" } : {}),
    // What is left of a refused body is not read, so the connection cannot be used again.
    ...(answer.status === 413 || answer.status === 415 ? { Connection: "close" } : {}),
  });
  response.end(payload);
}
