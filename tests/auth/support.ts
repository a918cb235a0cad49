import { randomBytes, randomInt } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll } from "vitest";
import { createAuthRoutes } from "../../api/auth/routes.ts";
import { createSealedCalls } from "../../api/sealed/sealed_calls.ts";
import { createDatabase, type TestDatabase } from "../helpers/database.ts";
import { startTestWorker } from "../helpers/worker.ts";
import { startWorkosStandin, type WorkosStandin } from "../standins/workos.ts";
import type { StandinPerson } from "../standins/workos.ts";

const CLIENT_ID = "client_01BULKHEADTESTS";
export const API_KEY = "sk_test_canary_workos_api_key";
export const HARBOUR = "org_01HARBOUR";
const UNKNOWN = "org_01UNKNOWN";
export const OPEN = "org_01OPENDOORS";
export const SECURE_URL = "https://app.example.com";

/** Everybody that these tests know. `owner@…` owns Harbour; the rest find out whether they are let in. */
const PEOPLE: StandinPerson[] = [
  {
    email: "owner@harbour.example",
    firstName: "Olga",
    lastName: "Owner",
    memberships: [{ organizationId: HARBOUR }],
  },
  { email: "analyst@harbour.example", firstName: "Ann", memberships: [{ organizationId: HARBOUR }] },
  { email: "stranger@harbour.example", memberships: [{ organizationId: HARBOUR }] },
  { email: "unverified@harbour.example", emailVerified: false, memberships: [{ organizationId: HARBOUR }] },
  {
    email: "impersonated@harbour.example",
    authenticationMethod: "Impersonation",
    impersonator: { email: "staff@workos.example", reason: null },
    memberships: [{ organizationId: HARBOUR }],
  },
  { email: "sso@harbour.example", authenticationMethod: "SSO", memberships: [{ organizationId: HARBOUR }] },
  { email: "someone@unknown.example", memberships: [{ organizationId: UNKNOWN }] },
  { email: "visitor@open.example", memberships: [{ organizationId: OPEN }] },
  { email: "alone@example.com" },
  { email: "both@example.com", memberships: [{ organizationId: HARBOUR }, { organizationId: OPEN }] },
];

export interface AuthSystem {
  readonly database: TestDatabase;
  readonly workos: WorkosStandin;
  /** Origin of the API. */
  readonly url: string;
  /** The same routes as a deployment behind https has them: cookies as there, reached without TLS. */
  readonly secureUrl: string;
  readonly harbourId: string;
  /** Everything that the API and the worker have logged. */
  log(): string[];
  /** What the worker's sealed answers looked like on their way. */
  readonly notices: string[];
  stopWorker(): Promise<void>;
}

/** The API's sign-in routes, the identity service, the stand-in and a database of their own: all real, all over sockets. */
export async function startAuth(options: { providerTimeoutMs?: number } = {}): Promise<AuthSystem> {
  const database = await createDatabase();
  const workos = await startWorkosStandin({
    clientId: CLIENT_ID,
    apiKey: API_KEY,
    requireVerifiedEmail: false,
    redirectUris: ["http://127.0.0.1/auth/callback", `${SECURE_URL}/auth/callback`],
    organizations: [
      { id: HARBOUR, name: "Harbour" },
      { id: UNKNOWN, name: "Unknown" },
      { id: OPEN, name: "Open doors" },
    ],
    people: PEOPLE,
  });
  const identity = database.pool("bulkhead_identity", { max: 1 });
  const provision = "select tenancy.provision_workspace($1, $2, $3, $4) as id";
  const { rows } = await identity.query(provision, ["Harbour", "owner@harbour.example", HARBOUR, null]);
  await identity.query(provision, ["Open doors", "owner@open.example", OPEN, "viewer"]);

  const log: string[] = [];
  const settings = {
    apiKey: API_KEY,
    clientId: CLIENT_ID,
    issuers: [workos.issuer],
    baseUrl: workos.url,
    timeoutMs: options.providerTimeoutMs,
  };
  const worker = await startTestWorker(database, { services: ["identity"], workos: settings });
  const { publicKeys } = worker.keys;
  const pool = database.pool("bulkhead_api");
  const databaseUrl = database.url("bulkhead_api");
  const sealed = await createSealedCalls({ databaseUrl, replyKey: publicKeys.reply });
  const notices: string[] = [];
  const listener = await database.pool("postgres").connect();
  listener.on("notification", ({ payload }) => notices.push(payload ?? ""));
  await listener.query(`listen "sealed_${sealed.callerId.replaceAll("-", "")}"`);

  async function serve(publicUrl?: string): Promise<{ url: string; close: () => Promise<void> }> {
    let handle: ReturnType<typeof createAuthRoutes>;
    const server = createServer((request: IncomingMessage, response: ServerResponse) => {
      void handle(request, response).then((handled) => handled || response.writeHead(404).end());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    handle = createAuthRoutes({
      config: {
        publicUrl: publicUrl ?? url,
        workosClientId: CLIENT_ID,
        workosBaseUrl: workos.url,
        workerPublicKeys: publicKeys,
        // So that each browser of these tests can have an address of its own, and limits of its own.
        trustedProxies: 1,
      },
      pool,
      sealed,
      log: (line) => void log.push(line),
    });
    const close = () =>
      new Promise<void>((resolve) => (server.closeAllConnections(), server.close(() => resolve())));
    return { url, close };
  }
  const plain = await serve();
  const secure = await serve(SECURE_URL);
  const stopWorker = () => worker.stop();

  afterAll(async () => {
    await stopWorker();
    await Promise.all([plain.close(), secure.close(), sealed.close(), workos.close()]);
    listener.release();
  });
  return {
    database,
    workos,
    url: plain.url,
    secureUrl: secure.url,
    harbourId: rows[0].id as string,
    log: () => [...log, ...worker.lines],
    notices,
    stopWorker,
  };
}

/** An answer, read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly location: string | null;
  /** The code of a refusal. */
  readonly code: string | undefined;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly json: any;
}

/** A browser, or a desktop app: a cookie jar and an address. Follows no redirect by itself. */
export interface Browser {
  readonly cookies: Map<string, string>;
  /** Every `Set-Cookie` that came, whole. */
  readonly received: string[];
  readonly address: string;
  get(url: string, headers?: Record<string, string>): Promise<Answer>;
  /** As a page of the same origin sends it. */
  post(path: string, body?: unknown, headers?: Record<string, string | undefined>): Promise<Answer>;
}

/** @param base origin that paths are on */
export function openBrowser(base: string, origin = base): Browser {
  const cookies = new Map<string, string>();
  const received: string[] = [];
  const address = `2001:db8:${randomInt(65_536).toString(16)}:${randomInt(65_536).toString(16)}::1`;

  async function send(
    url: string,
    init: RequestInit,
    headers: Record<string, string | undefined>,
  ): Promise<Answer> {
    const target = new URL(url, base);
    const all = new Headers({ "X-Forwarded-For": `203.0.113.9, ${address}`, Accept: "application/json" });
    if (cookies.size > 0)
      all.set("Cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
    for (const [name, value] of Object.entries(headers)) {
      if (value === undefined) all.delete(name);
      else all.set(name, value);
    }
    const response = await fetch(target, { ...init, headers: all, redirect: "manual" });
    for (const cookie of response.headers.getSetCookie()) {
      received.push(cookie);
      const [name = "", value = ""] = cookie.split("; ")[0]!.split("=");
      if (cookie.includes("Max-Age=0")) cookies.delete(name);
      else cookies.set(name, value);
    }
    const text = await response.text();
    const isJson = (response.headers.get("content-type") ?? "").startsWith("application/json");
    const json = isJson ? JSON.parse(text) : undefined;
    return {
      status: response.status,
      headers: response.headers,
      text,
      location: response.headers.get("location"),
      code: json?.error?.code,
      json,
    };
  }

  return {
    cookies,
    received,
    address,
    get: (url, headers = {}) => send(url, { method: "GET" }, headers),
    post: (path, body = {}, headers = {}) =>
      send(
        path,
        { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) },
        {
          "Content-Type": "application/json",
          Origin: origin,
          ...headers,
        },
      ),
  };
}

/** Goes to the provider and signs in there; what comes back is the callback's address. */
export async function toCallback(
  system: AuthSystem,
  browser: Browser,
  email: string,
  query = "",
): Promise<string> {
  const start = await browser.get(`/auth/sign-in?login_hint=${encodeURIComponent(email)}${query}`);
  if (start.location === null) throw new Error(`sign-in did not start: ${start.text}`);
  const callback = await system.workos.signIn(start.location, email);
  return callback.pathname + callback.search;
}

/** A whole sign-in on the web: the callback's answer. */
export async function signInOnTheWeb(
  system: AuthSystem,
  email: string,
  browser = openBrowser(system.url),
  query = "",
): Promise<Answer & { browser: Browser }> {
  const answer = await browser.get(await toCallback(system, browser, email, query));
  return { ...answer, browser };
}

/** A browser of a person who is signed in, and their access token. */
export async function signedIn(
  system: AuthSystem,
  email: string,
): Promise<{ browser: Browser; accessToken: string }> {
  const { browser, status, text } = await signInOnTheWeb(system, email);
  if (status !== 303) throw new Error(`sign-in failed: ${text}`);
  const { json } = await browser.post("/auth/refresh");
  return { browser, accessToken: json.access_token };
}

/** Who an access token says it is. */
export async function sessionOf(system: AuthSystem, accessToken: string): Promise<Answer> {
  return openBrowser(system.url).get("/auth/session", { Authorization: `Bearer ${accessToken}` });
}

/** One statement as superuser: for arranging, and for looking behind the curtain. */
export async function sql(
  system: Pick<AuthSystem, "database">,
  text: string,
  values: unknown[] = [],
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
): Promise<any[]> {
  const pool = (pools.get(system.database) ??
    pools.set(system.database, system.database.pool("postgres")).get(system.database))!;
  return (await pool.query(text, values)).rows;
}

const pools = new WeakMap<TestDatabase, ReturnType<TestDatabase["pool"]>>();

/** 43 random characters: what a verifier looks like. */
export function randomText(): string {
  return randomBytes(32).toString("base64url");
}
