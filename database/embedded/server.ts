import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { findBinaries, type Binaries, type PostgresVersion } from "./binaries.ts";
import { assertDataDirectory, corrupt, giveTo, initialise, isUninitialised } from "./data_directory.ts";
import { notRunnable, ownerOf, placeDataDirectory, SERVER_ENVIRONMENT } from "./data_directory.ts";
import { embeddedError } from "./errors.ts";
import { alreadyRunning, clearLeftover, LAUNCHER_SETTING, readPidFile } from "./leftover.ts";
import { assertPortFree, freePort, portTaken } from "./port.ts";
import { serverUser, type ServerUser } from "./user.ts";

const STOP_TIMEOUT_MS = 10_000;
/** Crash recovery of a large write-ahead log happens before the server answers. */
const READY_TIMEOUT_MS = 120_000;

export type StartPostgresOptions = {
  /** Created at first use. */
  dataDir: string;
  /** TCP port on 127.0.0.1; a free one when absent. */
  port?: number;
  version?: PostgresVersion;
  /** Of the superuser `postgres`: set at first use, needed again at every later start. One line. */
  password: string;
  /** postgresql.conf settings, such as `{ fsync: "off", max_connections: 200 }`. */
  settings?: Record<string, string | number>;
  /** The server's own log, appended to; `postgres.log` beside the data directory when absent. */
  logFile?: string;
  /** Hears about everything unusual: another place for the data, a leftover server stopped. */
  log?: (message: string) => void;
};

export type EmbeddedPostgres = {
  port: number;
  /** `postgres://postgres:…@127.0.0.1:<port>/postgres`; holds the password. */
  superuserUrl: string;
  pid: number;
  /** Where the data really is. */
  dataDir: string;
  logFile: string;
  version: PostgresVersion;
  /** Settles when the server process has ended, wanted or not. */
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Fast shutdown; kills after 10 s. May be called again. */
  stop(): Promise<void>;
};

/**
 * Starts a Postgres of our own: initialised at first use, loopback only, no socket file, a password for every
 * connection, never as root. Resolves when it answers a query.
 *
 * @throws EmbeddedError, with one of the codes in `errors.ts`
 * @example
 * const database = await startPostgres({ dataDir: ".data/postgres", password, log: console.log });
 * try { await serve(database.superuserUrl); } finally { await database.stop(); }
 */
export async function startPostgres(options: StartPostgresOptions): Promise<EmbeddedPostgres> {
  const { password, version = "18", log = () => {} } = options;
  if (password === "" || /[\r\n\0]/.test(password)) {
    throw embeddedError("PASSWORD_REFUSED", "the superuser's password must be one line and not empty");
  }
  const user = serverUser(ownerOf(options.dataDir));
  const binaries = findBinaries(version, { user, log });
  const dataDir = placeDataDirectory(options.dataDir, user, log);
  const logFile = resolve(options.logFile ?? join(dirname(dataDir), "postgres.log"));

  if (isUninitialised(dataDir)) {
    await initialise(dataDir, binaries, password, user, { sync: options.settings?.["fsync"] !== "off" });
  }
  assertDataDirectory(dataDir, version, user);
  if (user) giveTo(dataDir, user, log);
  await clearLeftover(dataDir, log);

  for (let attempt = 1; ; attempt++) {
    const port = options.port || (await freePort());
    await assertPortFree(port);
    try {
      return await launch({ ...options, port }, binaries, user, dataDir, logFile);
    } catch (error) {
      // A port that we chose ourselves may be taken between the choice and the start: choose again.
      const again = !options.port && attempt < 5 && (error as { code?: string }).code === "PORT_TAKEN";
      if (!again) throw error;
    }
  }
}

function flags({ settings, port }: StartPostgresOptions): string[] {
  const all = {
    timezone: "UTC",
    log_timezone: "UTC",
    // Statements, failing rows and key values stay out of the log: they hold what tenants wrote.
    log_min_error_statement: "panic",
    log_error_verbosity: "terse",
    ...settings,
    // Last, so that no setting opens another way in.
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    log_destination: "stderr",
    logging_collector: "off",
    [LAUNCHER_SETTING]: process.pid,
  };
  return Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

async function launch(
  options: StartPostgresOptions & { port: number },
  binaries: Binaries,
  user: ServerUser | undefined,
  dataDir: string,
  logFile: string,
): Promise<EmbeddedPostgres> {
  const { port, password } = options;
  const program = join(binaries.binDir, "postgres");
  mkdirSync(dirname(logFile), { recursive: true });
  const output = openSync(logFile, "a", 0o600);
  const logStart = statSync(logFile).size;
  const child = spawn(program, ["-D", dataDir, ...flags(options)], {
    cwd: dataDir,
    env: SERVER_ENVIRONMENT,
    stdio: ["ignore", output, output],
    // A process group of its own: Ctrl-C reaches us alone, so the server goes last and not first.
    detached: true,
    ...(user && { uid: user.uid, gid: user.gid }),
  });
  closeSync(output);
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done) => {
    child.once("exit", (code, signal) => done({ code, signal }));
    child.once("error", () => done({ code: null, signal: null }));
  });
  const onExit = () => child.kill("SIGINT");
  process.once("exit", onExit);
  void exited.then(() => process.off("exit", onExit));

  const stop = stopper(child, exited);
  const superuserUrl = `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
  try {
    if (child.pid === undefined) throw notRunnable(program, undefined);
    if (!(await becomesReady(child, exited, dataDir, superuserUrl))) {
      throw startFailure(linesSince(logFile, logStart), dataDir, port);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, superuserUrl, pid: child.pid, dataDir, logFile, version: binaries.version, exited, stop };
}

function stopper(child: ChildProcess, exited: Promise<unknown>): () => Promise<void> {
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGINT");
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
  };
  return () => (stopped ??= stop());
}

/** `false` when the process ended first. */
async function becomesReady(
  child: ChildProcess,
  exited: Promise<unknown>,
  dataDir: string,
  superuserUrl: string,
): Promise<boolean> {
  let ended = false;
  void exited.then(() => (ended = true));
  for (const end = Date.now() + READY_TIMEOUT_MS; Date.now() < end; await sleep(5)) {
    if (ended) return false;
    // Only our own server writes its pid here: whoever else answers on the port is never asked.
    const { pid, status } = readPidFile(dataDir) ?? {};
    if (pid !== child.pid || status !== "ready") continue;
    const answer = await query(superuserUrl);
    if (answer === undefined) return true;
    if (answer.code === "28P01" || answer.code === "28000") {
      throw embeddedError("PASSWORD_REFUSED", `${dataDir} was made with another superuser password`, {
        hint: "give the password that it was made with, or move it away to start with an empty database",
      });
    }
  }
  throw embeddedError("SERVER_START_FAILED", `Postgres was not ready after ${READY_TIMEOUT_MS / 1000} s`);
}

/** `undefined` when the server answered, else why not. */
async function query(url: string): Promise<{ code?: string } | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("select 1");
    return undefined;
  } catch (error) {
    return error as { code?: string };
  } finally {
    await client.end().catch(() => {});
  }
}

function linesSince(logFile: string, start: number): string {
  return readFileSync(logFile).subarray(start).toString("utf8").trim().split("\n").slice(-12).join("\n");
}

/** Turns the server's last words into the code that helps most: not every failed start means broken data. */
function startFailure(lines: string, dataDir: string, port: number) {
  if (/could not bind IPv4 address.*in use/i.test(lines)) return portTaken(port);
  if (/lock file ".*" already exists|pre-existing shared memory block/.test(lines))
    return alreadyRunning(dataDir);
  const notTheData =
    /configuration parameter|invalid value for parameter|outside the valid range|shared memory segment|semaphores|No space left|invalid permissions|Permission denied|[Tt]oo many open files|shared libraries/;
  if (!notTheData.test(lines)) return corrupt(`Postgres could not start on ${dataDir}:\n${lines}`);
  return embeddedError("SERVER_START_FAILED", `Postgres could not start:\n${lines}`);
}
