import { afterAll } from "vitest";
import type { ApiConfig } from "../../api/config.ts";
import { startApi } from "../../api/http/server.ts";
import type { SealedCalls } from "../../api/sealed/types.ts";
import type { SubscriptionLimits } from "../../api/subscriptions/limits.ts";
import { generateWorkerKeys, parsePublicKeys } from "../../envelope/keys.ts";
import type { TestDatabase } from "./database.ts";

/** What a GraphQL request over HTTP was answered with. */
export interface GraphqlAnswer<Data = Record<string, never>> {
  readonly status: number;
  readonly headers: Headers;
  readonly data: Data | null | undefined;
  readonly errors: readonly {
    message: string;
    path?: (string | number)[];
    extensions: Record<string, unknown>;
  }[];
  /** The codes of the errors. */
  readonly codes: readonly unknown[];
  readonly text: string;
}

/** A running API on a test database. */
export interface TestApi {
  readonly url: string;
  /** What the process has logged. */
  readonly lines: string[];
  /** Asks as whoever the access token is for; null: nobody. */
  ask<Data = any>(token: string | null, query: string, variables?: object): Promise<GraphqlAnswer<Data>>;
  /** Sends any request. */
  send<Data = any>(body: unknown, init?: RequestInit): Promise<GraphqlAnswer<Data>>;
  close(): Promise<void>;
}

export interface TestApiOptions {
  readonly config?: Partial<ApiConfig>;
  /** In place of a worker's answers. */
  readonly sealed?: Partial<SealedCalls>;
  readonly subscriptionLimits?: Partial<SubscriptionLimits>;
}

/** Starts the API on a test database, as in production but for the explorer's rights. Stops after the test file. */
export async function startTestApi(database: TestDatabase, options: TestApiOptions = {}): Promise<TestApi> {
  const lines: string[] = [];
  const api = await startApi(
    {
      databaseUrl: database.url("bulkhead_api"),
      host: "127.0.0.1",
      port: 0,
      publicUrl: "http://127.0.0.1",
      workerPublicKeys: parsePublicKeys(generateWorkerKeys().public),
      workosClientId: "client_test",
      workosBaseUrl: "http://127.0.0.1:1",
      development: true,
      persistedOperations: undefined,
      trustedProxies: 0,
      poolSize: 4,
      statementTimeout: 20_000,
      requestTimeout: 30_000,
      maxBodyBytes: 1_000_000,
      ...options.config,
    },
    {
      log: (line) => lines.push(line),
      subscriptionLimits: options.subscriptionLimits,
      ...(options.sealed
        ? { sealed: { callerId: "", close: async () => {}, ...options.sealed } as SealedCalls }
        : {}),
    },
  );
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= api.close());
  afterAll(close);

  const send: TestApi["send"] = async (body, init = {}) => {
    const response = await fetch(`${api.url}/graphql`, {
      method: "POST",
      body: typeof body === "string" ? body : JSON.stringify(body),
      ...init,
      headers: { "content-type": "application/json", ...(init.headers as Record<string, string>) },
    });
    const text = await response.text();
    const parsed = text.startsWith("{") ? JSON.parse(text) : {};
    const errors = parsed.errors ?? [];
    return {
      status: response.status,
      headers: response.headers,
      data: parsed.data,
      errors,
      codes: errors.map((error: { extensions?: { code?: unknown } }) => error.extensions?.code),
      text,
    };
  };
  return {
    url: api.url,
    lines,
    send,
    ask: (token, query, variables) =>
      send({ query, variables }, token === null ? {} : { headers: { authorization: `Bearer ${token}` } }),
    close,
  };
}
