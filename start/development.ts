import path from "node:path";
import { fileURLToPath } from "node:url";
import { urlFor, withClient } from "../database/connect.ts";
import { deploy } from "../database/deploy.ts";
import { startPostgres } from "../database/embedded/server.ts";
import { services } from "../database/services.ts";
import { demoOrganizations, demoPeople } from "../demo/people.ts";
import { startWorkosStandin } from "../tests/standins/workos.ts";
import { developmentKeys, type DevelopmentKeys } from "./development_keys.ts";
import { startProcess, untilHealthy, type Running } from "./processes.ts";
import { environmentFor } from "./settings.ts";

/** Where the parts of a development system listen; all on loopback. */
export interface Ports {
  readonly api: number;
  readonly signIn: number;
  readonly postgres: number;
  /** The mail servers that stand in for a raw mailbox's; another free port where it is taken. */
  readonly smtp: number;
  readonly imap: number;
}

/** A running development system. */
export interface Development {
  readonly apiUrl: string;
  readonly signInUrl: string;
  /** Holds the development password of the read-only login for DBAs. */
  readonly auditorUrl: string;
  /** The superuser's connection to the database; for loading the demo. */
  readonly adminUrl: string;
  readonly identityUrl: string;
  readonly deployUrl: string;
  readonly workosClientId: string;
  /** Ports of the mail servers that a raw mailbox is connected at. */
  readonly mail: { readonly smtp: number; readonly imap: number };
  restartApi(): Promise<void>;
  restartWorker(): Promise<void>;
  /** Settles when a part ends that nobody stopped: its name. */
  readonly failed: Promise<string>;
  stop(): Promise<void>;
}

const workosClientId = "client_development";
const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Starts everything that a person needs to try the system: Postgres, deployed; the sign-in stand-in; API and worker.
 * @param watching whether a part that ends by itself is to be mended, and is not the end of all
 */
export async function startDevelopment(
  ports: Ports,
  print: (line: string) => void,
  watching = false,
): Promise<Development> {
  const dataDirectory = process.env.BULKHEAD_DATA ?? path.join(root, ".data");
  const keys = await developmentKeys(path.join(dataDirectory, "keys"));
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const step of stops.splice(0).reverse()) await step();
  };
  const apiUrl = `http://127.0.0.1:${ports.api}`;
  // While the database starts: loading them takes as long as starting it. What fails is told where it is awaited.
  const standins = startStandins(apiUrl, ports);
  standins.catch(() => {});
  stops.push(() =>
    standins.then(
      (running) => running.close(),
      () => {},
    ),
  );
  try {
    const postgres = await startPostgres({
      dataDir: path.join(dataDirectory, "postgres"),
      port: ports.postgres,
      password: keys.postgresPassword,
      settings: { max_connections: 200 },
      log: print,
    });
    stops.push(() => postgres.stop());
    const adminUrl = urlFor(postgres.superuserUrl, { database: "bulkhead" });
    await withClient(postgres.superuserUrl, async (client) => {
      const { rowCount } = await client.query("select from pg_database where datname = 'bulkhead'");
      if (!rowCount) await client.query("create database bulkhead");
    });
    const login = (name: keyof DevelopmentKeys["passwords"]) =>
      urlFor(adminUrl, { user: name, password: keys.passwords[name] });
    const deployUrl = login("bulkhead_deploy");
    await deploy({ adminUrl, deployUrl, passwords: keys.passwords, log: print });

    const standin = await startWorkosStandin({
      port: ports.signIn,
      clientId: workosClientId,
      apiKey: keys.workosApiKey,
      organizations: demoOrganizations,
      people: demoPeople,
    });
    stops.push(() => standin.close());

    const connections = await standins;
    const shared = { ...pick(process.env), WORKOS_CLIENT_ID: workosClientId, WORKOS_BASE_URL: standin.url };
    const apiEnvironment = environmentFor("api", {
      ...shared,
      NODE_ENV: "development",
      GRAPHILE_ENV: "development",
      DATABASE_URL: login("bulkhead_api"),
      PORT: String(ports.api),
      PUBLIC_URL: apiUrl,
      WORKER_PUBLIC_KEYS: keys.workerPublicKeys,
    });
    const workerEnvironment = environmentFor("worker", {
      ...shared,
      NODE_ENV: "development",
      GRAPHILE_ENV: "development",
      WORKER_SERVICES: services.join(","),
      ...Object.fromEntries(
        services.map((name) => [`${name.toUpperCase()}_DATABASE_URL`, login(`bulkhead_${name}`)]),
      ),
      WORKER_PRIVATE_KEYS: keys.workerPrivateKeys,
      KEK_PROVIDER: "local",
      KEK_KEYRING: keys.keyRing,
      NOTARY_PRIVATE_KEY: keys.notaryKey,
      PUBLIC_URL: apiUrl,
      WORKOS_API_KEY: keys.workosApiKey,
      WORKOS_ISSUERS: standin.issuer,
      ...connections.workerEnvironment,
    });
    let fail: (name: string) => void = () => {};
    const failed = new Promise<string>((resolve) => (fail = resolve));
    const wanted = new Set<Running>();
    const run = (name: string, file: string, environment: NodeJS.ProcessEnv): Running => {
      const running = startProcess(name, file, environment, print);
      wanted.add(running);
      void running.exited.then(() => {
        if (!wanted.delete(running)) return;
        if (watching) print(`dev    │ ${name} ended: the next change starts it again`);
        else fail(name);
      });
      return running;
    };
    const end = async (running: Running) => {
      wanted.delete(running);
      await running.stop();
    };
    let worker = run("worker", "worker.ts", workerEnvironment);
    stops.push(() => end(worker));
    let api = run("api", "server.ts", apiEnvironment);
    stops.push(() => end(api));
    await untilHealthy(api, `${apiUrl}/healthz`);
    return {
      apiUrl,
      signInUrl: standin.url,
      auditorUrl: login("bulkhead_auditor"),
      adminUrl,
      identityUrl: login("bulkhead_identity"),
      deployUrl,
      workosClientId,
      mail: { smtp: connections.smtpPort, imap: connections.imapPort },
      failed,
      async restartApi() {
        await end(api);
        api = run("api", "server.ts", apiEnvironment);
        await untilHealthy(api, `${apiUrl}/healthz`);
      },
      async restartWorker() {
        await end(worker);
        worker = run("worker", "worker.ts", workerEnvironment);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

// Read when a development system starts and never before: in production there is nothing of them to load.
async function startStandins(apiUrl: string, ports: Ports) {
  const { startConnectionStandins } = await import("./standins.ts");
  return startConnectionStandins(apiUrl, ports);
}

function pick(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { PATH: env.PATH, HOME: env.HOME, LANG: env.LANG, TZ: env.TZ, TMPDIR: env.TMPDIR };
}
