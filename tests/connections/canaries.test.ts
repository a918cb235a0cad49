import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openConnection } from "../../worker/connections/open.ts";
import {
  type LoudDatabase,
  canary,
  createSearch,
  searchFiles,
  searchTables,
  startLoudDatabase,
  watchActivity,
} from "../helpers/canaries.ts";
import { type SignedIn, createWorkspace } from "../helpers/people.ts";
import { startSmtpStandin } from "../standins/smtp.ts";
import { jobsOf } from "./jobs.ts";
import { ACCOUNTS, CLIENT_ID, CLIENT_SECRET, GRANOLA_KEY, WEBHOOK_SECRET } from "./support.ts";
import {
  type ConnectionsSystem,
  begin,
  call,
  comeBack,
  connect,
  connectWithSecret,
  connectionWhen,
  startConnectionsSystem,
  until,
} from "./system.ts";

// The API and the worker are processes of their own here, on a server that logs every statement with its parameters.
let loud: LoudDatabase;
let system: ConnectionsSystem;
let owner: SignedIn;
let activity: string;
const children: ChildProcess[] = [];
const printed: string[] = [];
const secrets = new Map<string, string>();
/** Stored in the clear, so that every search below must find it: a search that finds nothing proves nothing otherwise. */
const control = ACCOUNTS[0]!;
const root = fileURLToPath(new URL("../..", import.meta.url));

function start(file: string, environment: Record<string, string>, preload: string[] = []): ChildProcess {
  const child = spawn(process.execPath, [...preload, path.join(root, file)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH, NODE_ENV: "development", ...environment },
  });
  children.push(child);
  for (const stream of [child.stdout!, child.stderr!])
    stream.on("data", (data) => printed.push(String(data)));
  return child;
}

const workerEnvironment = (localMailServers = "") => ({
  WORKER_SERVICES: "mail_sync,crm",
  MAIL_SYNC_DATABASE_URL: loud.database.url("bulkhead_mail_sync"),
  CRM_DATABASE_URL: loud.database.url("bulkhead_crm"),
  WORKER_PRIVATE_KEYS: system.keys.privateText,
  KEK_PROVIDER: "local",
  KEK_KEYRING: system.keys.keyRingText,
  PUBLIC_URL: system.settings.publicUrl,
  CONNECTION_STANDINS: JSON.stringify(system.all.map),
  NYLAS_WEBHOOK_SECRET: WEBHOOK_SECRET,
  GRANOLA: "on",
  LOCAL_MAIL_SERVERS: localMailServers,
  ...Object.fromEntries(
    ["GOOGLE", "MICROSOFT", "SALESFORCE", "GONG", "NYLAS"].flatMap((name) => [
      [`${name}_CLIENT_ID`, CLIENT_ID],
      [`${name}_${name === "NYLAS" ? "API_KEY" : "CLIENT_SECRET"}`, CLIENT_SECRET],
    ]),
  ),
});

beforeAll(async () => {
  loud = await startLoudDatabase();
  system = await startConnectionsSystem({ database: loud.database, worker: false });
  owner = await createWorkspace(loud.database, "Harbour");
}, 120_000);
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await loud?.stop();
});

/** Keeps every secret that a provider was shown. */
function collect(): void {
  for (const [name, { requests }] of Object.entries(system.all.standins)) {
    for (const { body, headers } of requests) {
      for (const field of ["code", "code_verifier", "refresh_token", "token"])
        if (typeof body[field] === "string") secrets.set(`${name} ${field} ${secrets.size}`, body[field]);
      const bearer = /^Bearer (\S+)$/.exec(headers.authorization ?? "")?.[1];
      if (bearer) secrets.set(`${name} access token ${secrets.size}`, bearer);
    }
  }
}

test("connections of every kind are made, used, refreshed, refused and ended", async () => {
  const password = canary();
  const wrong = canary();
  secrets.set("mailbox password", password);
  secrets.set("wrong password", wrong);
  secrets.set("client secret", CLIENT_SECRET);
  secrets.set("webhook secret", WEBHOOK_SECRET);
  secrets.set("granola key", GRANOLA_KEY);
  const user = "ada@mail.example.org";
  const smtp = await startSmtpStandin({ users: { [user]: password } });
  const worker = start("worker.ts", workerEnvironment(`127.0.0.1:${smtp.port},127.0.0.1:1`));
  const api = start("server.ts", {
    DATABASE_URL: loud.database.url("bulkhead_api"),
    PORT: "0",
    PUBLIC_URL: system.settings.publicUrl,
    WORKER_PUBLIC_KEYS: system.keys.publicText,
    WORKOS_CLIENT_ID: "client_canaries",
  });
  const url = await until(async () => /API: (http:\/\/[^/\s]+)\/graphql/.exec(printed.join(""))?.[1]);
  await until(async () => printed.join("").includes("worker: running"));
  const watching = watchActivity(loud.database);
  const all = { ...system, api: url };

  // Calls stay open for a while, so that somebody who looks at the server meanwhile looks at the right time.
  const { google, microsoft, salesforce, gong, nylas } = system.all.standins;
  for (const standin of [google, microsoft, salesforce, gong, nylas])
    standin.fail({ kind: "slow", ms: 150, path: /token$/, times: 3 });
  const seen = [
    await connect(all, owner, "google", "mailbox"),
    await connect(all, owner, "microsoft", "mailbox"),
    await connect(all, owner, "salesforce", "deals"),
    await connect(all, owner, "gong", "calls"),
    await connect(all, owner, "nylas", "mailbox"),
    await connectWithSecret(all, owner, "granola", "notes", GRANOLA_KEY),
  ];
  for (const one of seen) expect(one.state).toBe("connected");
  const box = (secret: string) =>
    JSON.stringify({
      user,
      password: secret,
      smtp: { host: "127.0.0.1", port: smtp.port },
      imap: { host: "127.0.0.1", port: 1 },
    });
  for (const secret of [password, wrong, `{${canary()}`])
    expect(
      await connectWithSecret(
        all,
        owner,
        "smtp_imap",
        "mailbox",
        secret.startsWith("{") ? secret : box(secret),
      ),
    ).toMatchObject({ state: "failed" });

  // Refreshed, used, refused; a code that is forged; what is in the credentials is kept too.
  for (const queue of ["queue_mail_sync", "queue_crm"])
    await loud.database.pool("postgres").query(`update ${queue}._private_jobs set run_at = now()`);
  for (const one of seen.slice(0, 4)) await connectionWhen(all, owner, one.id, ({ version }) => version >= 2);
  for (const one of seen) await call(all, owner, "select connections.check_connection($1)", [one.id]);
  await until(async () => {
    const { rows } = await loud.database
      .pool("postgres")
      .query(
        "select count(*)::integer as n from connections.jobs where task = 'connection_check' and status = 'done'",
      );
    return rows[0].n === seen.length;
  });
  const { authorizeUrl, cookie } = await begin(all, owner, "google", "mailbox");
  const forged = await google.approve(authorizeUrl, control);
  const bad = canary();
  secrets.set("forged code", bad);
  forged.searchParams.set("code", bad);
  await comeBack(all, forged, cookie);
  const { jobFor, anotherWorker } = jobsOf(system);
  for (const one of seen) {
    const { ticket } = await jobFor(owner, one);
    const { credential } = await openConnection(anotherWorker(), ticket, one.id);
    for (const [name, value] of Object.entries(credential))
      if (typeof value === "string" && name !== "apiBase")
        secrets.set(`${one.provider} stored ${name}`, value);
  }
  await call(all, owner, "select connections.disconnect($1)", [seen[2]!.id]);
  await connectionWhen(all, owner, seen[2]!.id, ({ revocation }) => revocation === "revoked");
  google.fail({ kind: "malformed", path: /userinfo/ });
  await call(all, owner, "select connections.check_connection($1)", [seen[0]!.id]);
  await until(
    async () =>
      (
        await loud.database
          .pool("postgres")
          .query("select from queue_mail_sync._private_jobs where last_error is not null")
      ).rowCount,
  );

  activity = await watching.stop();
  await smtp.close();
  collect();
  expect(secrets.size).toBeGreaterThan(25);
  for (const child of [api, worker]) {
    child.kill("SIGTERM");
    await once(child, "exit");
  }
}, 120_000);

const search = () => createSearch({ ...Object.fromEntries(secrets), control });

test("no column of any table holds a secret, queues and catalogs included", async () => {
  const { hits, tableCount } = await searchTables(loud.database, search());
  expect(tableCount).toBeGreaterThan(80);
  expect(hits["connections.connections"]).toEqual(["control"]);
  expect([...new Set(Object.values(hits).flat())]).toEqual(["control"]);
});

test("no file of the server does: tables, write-ahead log, server log with every statement's parameters", async () => {
  const hits = await searchFiles(loud, search());
  expect([...new Set([...hits.values()].flat())]).toEqual(["control"]);
  const places = [...hits.keys()];
  expect(places.some((file) => file.startsWith("pg_wal"))).toBe(true);
  expect(places.some((file) => file.startsWith("base"))).toBe(true);
  expect(places).toContain(path.relative(loud.server.dataDir, loud.server.logFile));
}, 120_000);

test("nobody who watched the statements saw one", () => {
  expect(activity).toContain("connections.store_refreshed");
  expect(search()(activity).filter((name) => name !== "control")).toEqual([]);
});

test("neither process printed one, nor a key", () => {
  const output = printed.join("");
  expect(output).toContain("worker: running mail_sync, crm");
  expect(search()(output)).toEqual([]);
  for (const [, secret] of [
    ...system.keys.privateText.matchAll(/"d":"([^"]+)"/g),
    ...system.keys.keyRingText.matchAll(/"v1":"([^"]+)"/g),
  ])
    expect(output).not.toContain(secret);
});

describe("a worker that dies of an error that nobody caught, with a credential in hand", () => {
  test.each(["exception", "rejection", "value"])("says nothing of it: %s", async (kind) => {
    const directory = await mkdtemp(path.join(os.tmpdir(), "bulkhead-crash-"));
    const secret = canary();
    printed.length = 0;
    const child = start(
      "worker.ts",
      {
        ...workerEnvironment(),
        PLANTED_SECRET: secret,
        PLANTED_KIND: kind,
        // An operator's flags for reports: they would hold the message and the environment.
        NODE_OPTIONS: `--report-uncaught-exception --report-on-fatalerror --report-on-signal --report-directory=${directory}`,
      },
      ["--import", path.join(root, "tests/connections/planted_crash.ts")],
    );
    const [code] = await once(child, "exit");
    expect(code).toBe(1);
    const output = printed.join("");
    expect(output).toContain("worker: ended by ");
    expect(createSearch({ secret, client: CLIENT_SECRET })(output)).toEqual([]);
    expect(await readdir(directory)).toEqual([]);
    await rm(directory, { recursive: true });
  });

  test.runIf(process.platform === "linux")("leaves no memory in a core dump", async () => {
    printed.length = 0;
    const child = start("worker.ts", workerEnvironment());
    await until(async () => printed.join("").includes("worker: running"));
    expect((await readFile(`/proc/${child.pid}/coredump_filter`, "utf8")).trim()).toBe("00000000");
    child.kill("SIGKILL");
    await once(child, "exit");
  });
});

test("a library that warns of what it handles is not printed, but where it warned", async () => {
  const secret = canary();
  printed.length = 0;
  const child = start(
    "worker.ts",
    { ...workerEnvironment(), PLANTED_SECRET: secret, PLANTED_KIND: "warning" },
    ["--import", path.join(root, "tests/connections/planted_crash.ts")],
  );
  await until(async () => printed.join("").includes("a library warned at"));
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(printed.join("")).toContain("connections/planted_crash.ts:");
  expect(createSearch({ secret })(printed.join(""))).toEqual([]);
});
