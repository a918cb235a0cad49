import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type pg from "pg";
import { afterAll } from "vitest";
import { createConnectionRoutes } from "../../api/connections/routes.ts";
import { createPool } from "../../api/database/pool.ts";
import { sealSecret } from "../../envelope/secret.ts";
import type { ConnectionSettings } from "../../worker/connections/settings.ts";
import { type TestDatabase, createDatabase } from "../helpers/database.ts";
import { type SignedIn, asMember } from "../helpers/people.ts";
import { createWorkerKeys, startTestWorker } from "../helpers/worker.ts";
import { type OAuthName, type Standins, WEBHOOK_SECRET, startStandins } from "./support.ts";

/** A connection as its owner sees it. */
export interface Seen {
  readonly id: string;
  readonly provider: string;
  readonly state: string;
  readonly account_label: string | null;
  readonly scopes: string[];
  readonly last_error_code: string | null;
  readonly revocation: string | null;
  readonly version: number;
  readonly key_version: number | null;
}

/** Database, stand-ins, API routes and worker: everything but the browser, which the tests are. */
export async function startConnectionsSystem(
  options: {
    readonly localMailServers?: readonly string[];
    readonly worker?: boolean;
    readonly database?: TestDatabase;
  } = {},
) {
  const database = options.database ?? (await createDatabase());
  const all = await startStandins();
  const keys = createWorkerKeys();
  const settings: ConnectionSettings = {
    providers: all.providers,
    publicUrl: "http://127.0.0.1:5678",
    standins: all.map,
    localMailServers: options.localMailServers ?? [],
    production: false,
    webhookSecrets: { nylas: [WEBHOOK_SECRET] },
  };
  const start = (more: { readonly recoverEveryMs?: number } = {}) =>
    startTestWorker(database, {
      ...more,
      services: ["mail_sync", "crm"],
      keys,
      change: (config) => ({ ...config, connections: settings }),
    });
  const worker = options.worker === false ? undefined : await start();
  afterAll(() => worker?.stop());
  const lines: string[] = [];
  const pool = createPool({
    databaseUrl: database.url("bulkhead_api"),
    poolSize: 4,
    statementTimeout: 20_000,
  });
  afterAll(() => pool.end());
  const routes = createConnectionRoutes({
    config: { publicUrl: settings.publicUrl, workerPublicKeys: keys.publicKeys, trustedProxies: 0 },
    pool,
    log: (line) => void lines.push(line),
  });
  const server = createServer((request, response) => void routes(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterAll(
    () => new Promise<void>((resolve) => (server.closeAllConnections(), server.close(() => resolve()))),
  );
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { database, all, keys, settings, worker, start, api, lines };
}

export type ConnectionsSystem = Awaited<ReturnType<typeof startConnectionsSystem>>;

/** Asks to connect, as a signed-in browser does. */
export async function begin(
  { api }: Pick<ConnectionsSystem, "api">,
  person: SignedIn,
  provider: string,
  profile: string,
): Promise<{ connectionId: string; authorizeUrl: string; cookie: string; status: number; body: any }> {
  const answer = await fetch(`${api}/oauth/start/${provider}`, {
    method: "POST",
    headers: { authorization: `Bearer ${person.accessToken}`, "content-type": "application/json" },
    body: JSON.stringify({ profile, return_to: "/settings" }),
  });
  const body = (await answer.json()) as any;
  const cookie = answer.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  return {
    connectionId: body.connection_id,
    authorizeUrl: body.authorize_url,
    cookie,
    status: answer.status,
    body,
  };
}

/** Comes back from the provider, as the browser does. */
export async function comeBack(
  { api }: Pick<ConnectionsSystem, "api">,
  callback: URL,
  cookie: string,
): Promise<Response> {
  return fetch(`${api}${callback.pathname}${callback.search}`, { redirect: "manual", headers: { cookie } });
}

/** Connects an account from the first click to the stored credential. */
export async function connect(
  system: ConnectionsSystem,
  person: SignedIn,
  provider: OAuthName,
  profile: string,
  account = provider === "gong" ? "company-17" : "ada@example.com",
): Promise<Seen> {
  const { connectionId, authorizeUrl, cookie } = await begin(system, person, provider, profile);
  const before = await connectionsOf(system.database, person);
  const callback = await system.all.standins[provider].approve(authorizeUrl, account);
  await comeBack(system, callback, cookie);
  const versions = new Map(before.map(({ id, version }) => [id, version]));
  return until(async () => {
    const now = await connectionsOf(system.database, person);
    const failed = now.find(({ id, state }) => id === connectionId && state === "failed");
    return (
      failed ??
      now.find(({ id, state, version }) => state === "connected" && (versions.get(id) ?? 0) < version)
    );
  });
}

/** What a person sees of their connections. */
export async function connectionsOf(database: TestDatabase, person: SignedIn): Promise<Seen[]> {
  const { rows } = await asMember(database, person.accessToken, (client) =>
    client.query(
      `select id, provider, state, account_label, scopes, last_error_code, revocation, version, key_version
       from connections.connections order by id`,
    ),
  );
  return rows as Seen[];
}

/** Connects by a password or key, sealed as GraphQL's scalar `Secret` does. */
export async function connectWithSecret(
  system: ConnectionsSystem,
  person: SignedIn,
  provider: string,
  profile: string,
  secret: string,
): Promise<Seen> {
  const binding = { workspace: person.workspaceId, person: person.personId };
  const sealed = sealSecret(system.keys.publicKeys.intake[0]!, binding, secret);
  const { rows } = await asMember(system.database, person.accessToken, (client) =>
    client.query("select id from connections.connect_with_secret($1, $2, $3)", [provider, profile, sealed]),
  );
  return until(async () =>
    (await connectionsOf(system.database, person)).find(
      ({ id, state }) => id === rows[0].id && state !== "pending",
    ),
  );
}

/** The connection once it is as wanted. */
export async function connectionWhen(
  system: ConnectionsSystem,
  person: SignedIn,
  id: string,
  wanted: (seen: Seen) => boolean,
): Promise<Seen> {
  return until(async () =>
    (await connectionsOf(system.database, person)).find((one) => one.id === id && wanted(one)),
  );
}

/** A statement as the owner of the session. */
export function call(
  system: Pick<ConnectionsSystem, "database">,
  person: SignedIn,
  text: string,
  values: unknown[] = [],
): Promise<pg.QueryResult> {
  return asMember(system.database, person.accessToken, (client) => client.query(text, values));
}

/** Waits for something to be there; vitest's own timeout is the limit. */
export async function until<Result>(look: () => Promise<Result | undefined | null | false>): Promise<Result> {
  for (;;) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Every text of every column of every table, and every job: what somebody with the whole database reads. */
export async function wholeDatabase(database: TestDatabase): Promise<string> {
  const admin = database.pool("postgres", { max: 1 });
  const { rows: tables } = await admin.query(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema')`,
  );
  const parts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await admin.query(`select t::text as row from ${name as string} t`);
    parts.push(...rows.map(({ row }) => row as string));
  }
  return parts.join("\n");
}

export type { Standins };
