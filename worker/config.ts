import { type NotaryKey, readNotaryKey } from "../audit/signatures.ts";
import { type Service, services as serviceNames } from "../database/services.ts";
import { type WorkerKeys, parseWorkerKeys } from "../envelope/keys.ts";
import { settingsReader } from "../settings.ts";
import { type ConnectionSettings, readConnectionSettings } from "./connections/settings.ts";
import type { Kek } from "./crypto/kek.ts";
import { kekFromEnvironment } from "./crypto/kek_from_environment.ts";
import type { WorkosSettings } from "./runtime/context.ts";

/** A service that a worker process can run: each has a login and a queue of its own. */
export type ServiceName = Service;

/** What the worker process is told from outside. What no service of this process needs is absent, even if it is set. */
export interface WorkerConfig {
  readonly services: readonly { readonly name: ServiceName; readonly databaseUrl: string }[];
  readonly keys: WorkerKeys | undefined;
  readonly kek: Kek | undefined;
  readonly workos: WorkosSettings | undefined;
  /** What the notary signs with. */
  readonly notaryKey?: NotaryKey | undefined;
  /** Undefined where no service of this process holds connections, or there is no address to send people back to. */
  readonly connections?: ConnectionSettings;
}

const needKeys: readonly ServiceName[] = ["identity", "opener", "mail_sync", "crm", "notary"];
const needKek: readonly ServiceName[] = ["opener", "mail_sync", "crm", "notary"];
const holdConnections: readonly ServiceName[] = ["mail_sync", "crm"];

/**
 * Reads the worker's settings: `WORKER_SERVICES` (by comma), `<SERVICE>_DATABASE_URL` for each, and what they need:
 * `WORKER_PRIVATE_KEYS`, `KEK_PROVIDER` with its own, `NOTARY_PRIVATE_KEY` (an Ed25519 JWK), `WORKOS_*`.
 *
 * @throws {ConfigError} naming every setting that is missing or unusable in one message
 */
export function readWorkerConfig(environment: Readonly<Record<string, string | undefined>>): WorkerConfig {
  const settings = settingsReader(environment);
  const { optional, required, refuse, usable } = settings;
  const list = (text: string) => text.split(",").flatMap((part) => part.trim() || []);

  const names = list(required("WORKER_SERVICES"));
  for (const name of names)
    if (!serviceNames.includes(name as ServiceName))
      refuse(`WORKER_SERVICES may name ${serviceNames.join(", ")}`);
  const chosen = serviceNames.filter((name) => names.includes(name));
  const services = chosen.map((name) => ({
    name,
    databaseUrl: required(`${name.toUpperCase()}_DATABASE_URL`),
  }));
  for (const { name, databaseUrl } of services)
    if (databaseUrl && !/^postgres(ql)?:\/\//.test(databaseUrl))
      refuse(`${name.toUpperCase()}_DATABASE_URL must be a postgres URL`);

  const needs = (those: readonly ServiceName[]) => chosen.some((name) => those.includes(name));
  const keyText = needs(needKeys) ? required("WORKER_PRIVATE_KEYS") : "";
  const keys = keyText ? usable(() => parseWorkerKeys(keyText)) : undefined;
  const kek = needs(needKek) ? usable(() => kekFromEnvironment(environment)) : undefined;
  const notaryText = chosen.includes("notary") ? required("NOTARY_PRIVATE_KEY") : "";
  const notaryKey = notaryText ? usable(() => readNotaryKey(notaryText)) : undefined;
  const workos = chosen.includes("identity")
    ? {
        apiKey: required("WORKOS_API_KEY"),
        clientId: required("WORKOS_CLIENT_ID"),
        issuers: list(required("WORKOS_ISSUERS")),
        baseUrl: optional("WORKOS_BASE_URL"),
      }
    : undefined;
  const connections = needs(holdConnections)
    ? readConnectionSettings(environment, (problem) => refuse(problem))
    : undefined;
  settings.check();
  return { services, keys, kek, workos, notaryKey, connections };
}
