import "../graphql/environment.ts";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { makeSchema } from "postgraphile";
import { createAuthRoutes } from "../auth/routes.ts";
import type { ApiConfig } from "../config.ts";
import { createConnectionRoutes } from "../connections/routes.ts";
import { createPool } from "../database/pool.ts";
import { asRequestError } from "../errors/request_error.ts";
import { defaultPageSize } from "../graphql/page_size_plugin.ts";
import { createPreset } from "../graphql/preset.ts";
import { createRequestGuard, requestGuardPlugin } from "../graphql/request_guard.ts";
import { defaultLimits } from "../limits/limits.ts";
import { createSealedCalls } from "../sealed/sealed_calls.ts";
import type { SealedCalls } from "../sealed/types.ts";
import type { SubscriptionLimits } from "../subscriptions/limits.ts";
import { createOperations } from "../subscriptions/operations.ts";
import { createSubscriptionServer } from "../subscriptions/server.ts";
import { createExplorerRoute } from "./explorer_route.ts";
import { Grafserv } from "./grafserv.ts";
import { createGraphqlRoute } from "./graphql_route.ts";
import { privateHeaders } from "./headers.ts";

/** The longest mail that can be imported in one request, the same that the worker's parser takes. */
const maxSecretBytes = 25 * 1024 * 1024;
/** ms that requests under way get to finish when the process stops. */
const grace = 10_000;

export interface RunningApi {
  readonly url: string;
  /** Takes no more requests, lets those under way finish, then closes the connections to the database. */
  close(): Promise<void>;
}

/**
 * Starts the API process: one schema, read from the database as a signed-in member sees it, and the routes.
 *
 * @param overrides for tests: the sealed calls, where log lines go, and limits
 * @throws when the database cannot be reached or the port is taken
 */
export async function startApi(
  config: ApiConfig,
  overrides: {
    readonly sealed?: SealedCalls;
    readonly log?: (line: string) => void;
    readonly subscriptionLimits?: Partial<SubscriptionLimits>;
  } = {},
): Promise<RunningApi> {
  const log = overrides.log ?? ((line: string) => console.error(line));
  const pool = createPool(config);
  const stops: (() => Promise<unknown>)[] = [() => pool.end()];
  const stopAll = async () => {
    for (const stop of stops.splice(0).reverse())
      await stop().catch((error: unknown) => asRequestError(error, log));
  };
  try {
    const { databaseUrl, workerPublicKeys, development, persistedOperations } = config;
    const sealed =
      overrides.sealed ?? (await createSealedCalls({ databaseUrl, replyKey: workerPublicKeys.reply }));
    stops.push(() => sealed.close());
    const guard = createRequestGuard({
      intakeKey: workerPublicKeys.intake[0]!,
      limits: { ...defaultLimits, defaultPageSize, maxSecretBytes },
      development,
      persistedOperations,
      log,
      schema: () => schema,
    });
    const { schema, resolvedPreset } = await makeSchema(
      createPreset({ pool, sealed, development, log, guard: requestGuardPlugin(guard, log) }),
    );
    const serv = new Grafserv({ schema, preset: resolvedPreset });
    stops.push(() => serv.release());
    await serv.ready();

    const graphql = createGraphqlRoute({ config, pool, serv, log });
    const auth = createAuthRoutes({ config, pool, sealed, log });
    const connections = createConnectionRoutes({ config, pool, log });
    const explorer = createExplorerRoute(serv, development);
    const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const path = (request.url ?? "").split("?", 1)[0];
      if (path === "/graphql") return graphql(request, response);
      if (path === "/healthz") {
        await pool.query("select 1");
        return answer(response, 200, { status: "ok" });
      }
      if (await auth(request, response)) return;
      if (await connections(request, response)) return;
      if (await explorer(request, response)) return;
      answer(response, 404, {
        errors: [{ message: "there is nothing here", extensions: { code: "NOT_FOUND" } }],
      });
    };
    const server = createServer({
      requestTimeout: config.requestTimeout,
      headersTimeout: Math.min(10_000, config.requestTimeout),
    });
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      const late = setTimeout(
        () => answer(response, 503, errorBody("TIMEOUT", "the request took too long")),
        config.requestTimeout,
      );
      response.once("close", () => clearTimeout(late));
      handle(request, response).catch((error: unknown) => {
        const { statusCode, code, message, extensions } = asRequestError(error, log);
        answer(response, statusCode, errorBody(code, message, extensions));
      });
    });
    // After the sockets: an open one would keep the server from closing.
    stops.push(() => closeServer(server));
    const subscriptions = await createSubscriptionServer({
      config,
      pool,
      log,
      operations: (changes) => createOperations({ serv, guard, pool, changes }),
      limits: overrides.subscriptionLimits,
    });
    stops.push(() => subscriptions.close());
    server.on("upgrade", (request, socket, head) => subscriptions.upgrade(request, socket, head));
    const url = await listen(server, config.host, config.port);
    return { url, close: stopAll };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

function errorBody(code: string, message: string, extensions: object = {}) {
  return { errors: [{ message, extensions: { code, ...extensions } }] };
}

function answer(response: ServerResponse, status: number, body: object): void {
  if (response.headersSent || response.destroyed) return;
  const payload = JSON.stringify(body);
  const headers = {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": Buffer.byteLength(payload),
  };
  response.writeHead(status, { ...privateHeaders, ...headers });
  response.end(payload);
}

async function listen(server: Server, host: string, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const { address, family, port: actual } = server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${actual}`;
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const late = setTimeout(() => server.closeAllConnections(), grace);
  await closed;
  clearTimeout(late);
}
