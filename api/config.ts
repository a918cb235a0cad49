import { parsePublicKeys } from "../envelope/keys.ts";
import type { PublicKeys } from "../envelope/keys.ts";
import { settingsReader } from "../settings.ts";

/** Everything the API process is told from outside. It holds no key but public ones, and no credential but its own login's. */
export interface ApiConfig {
  /** The connection URL of the login `bulkhead_api`. */
  readonly databaseUrl: string;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Where browsers reach this API, without a trailing slash. */
  readonly publicUrl: string;
  readonly workerPublicKeys: PublicKeys;
  readonly workosClientId: string;
  /** The sign-in provider's base URL; undefined: the real one. */
  readonly workosBaseUrl: string | undefined;
  /** Explorer, introspection, suggestions, and operations that are in no file. Never on by default. */
  readonly development: boolean;
  /** The file of trusted documents. Undefined only in development. */
  readonly persistedOperations: string | undefined;
  /** How many proxies in front of this process are ours: each adds one address to `X-Forwarded-For`. */
  readonly trustedProxies: number;
  readonly poolSize: number;
  /** ms. Below `requestTimeout`, so that a slow statement is answered as one. */
  readonly statementTimeout: number;
  /** ms, from the first byte of a request to the last of its answer. */
  readonly requestTimeout: number;
  /** Bytes of one request, all variables included. */
  readonly maxBodyBytes: number;
}

const forbidden =
  /^(WORKER_PRIVATE_KEYS|WORKOS_API_KEY|KEK_KEYRING|AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)|.+_DATABASE_URL)$/;

/**
 * Reads the API's settings.
 *
 * @throws {ConfigError} naming every setting that is missing, unusable or not for this process, in one message
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): ApiConfig {
  const settings = settingsReader(environment);
  const { optional, required, refuse } = settings;
  const number = (name: string, fallback: number, least: number, most: number): number => {
    const text = optional(name);
    if (text === undefined) return fallback;
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    refuse(`${name} must be a whole number from ${least} to ${most}`);
    return fallback;
  };
  const url = (name: string, value: string | undefined, protocols: readonly string[]): string | undefined => {
    if (!value) return undefined;
    if (URL.canParse(value) && protocols.includes(new URL(value).protocol)) return value.replace(/\/+$/, "");
    refuse(`${name} must be a URL of ${protocols.join(" or ")}`);
    return undefined;
  };

  // A key or a provider's credential in here would be one injection away from the outside. It belongs to the worker.
  const foreign = Object.keys(environment).filter((name) => forbidden.test(name) && environment[name]);
  if (foreign.length > 0)
    refuse(`not for the API process, remove from its environment: ${foreign.join(", ")}`);

  const development = environment.NODE_ENV === "development";
  const databaseUrl = url("DATABASE_URL", required("DATABASE_URL"), ["postgres:", "postgresql:"]);
  const publicUrl = url("PUBLIC_URL", required("PUBLIC_URL"), ["https:", "http:"]);
  const workosBaseUrl = url("WORKOS_BASE_URL", optional("WORKOS_BASE_URL"), ["https:", "http:"]);
  const workosClientId = required("WORKOS_CLIENT_ID");
  const persistedOperations = development
    ? optional("PERSISTED_OPERATIONS")
    : required("PERSISTED_OPERATIONS");
  const keys = required("WORKER_PUBLIC_KEYS");
  const workerPublicKeys = keys
    ? settings.usable(() => parsePublicKeys(keys), "WORKER_PUBLIC_KEYS")
    : undefined;
  const numbers = {
    port: number("PORT", 5678, 0, 65_535),
    trustedProxies: number("TRUSTED_PROXIES", 0, 0, 10),
    poolSize: number("DATABASE_POOL_SIZE", 16, 1, 200),
    statementTimeout: number("STATEMENT_TIMEOUT_MS", 20_000, 100, 29_000),
  };
  settings.check();
  return {
    databaseUrl: databaseUrl!,
    host: optional("HOST") ?? "127.0.0.1",
    publicUrl: publicUrl!,
    workerPublicKeys: workerPublicKeys!,
    workosClientId,
    workosBaseUrl,
    development,
    persistedOperations,
    ...numbers,
    requestTimeout: 30_000,
    maxBodyBytes: 36 * 1024 * 1024,
  };
}
