import { services } from "../database/services.ts";

/** The settings of each process, by name. A process is given its own and no others: the API never holds a key. */
const apiSettings = {
  required: ["DATABASE_URL", "PUBLIC_URL", "WORKER_PUBLIC_KEYS", "WORKOS_CLIENT_ID", "PERSISTED_OPERATIONS"],
  optional: [
    "HOST",
    "PORT",
    "WORKOS_BASE_URL",
    "TRUSTED_PROXIES",
    "DATABASE_POOL_SIZE",
    "STATEMENT_TIMEOUT_MS",
  ],
} as const;

/** What leads to stand-ins. In production its presence is a mistake, and worse if it had an effect. */
export const developmentSettings = ["CONNECTION_STANDINS", "LOCAL_MAIL_SERVERS"] as const;

/** The worker's settings, for all its services together. */
const workerSettings = {
  required: [
    "WORKER_SERVICES",
    "WORKER_PRIVATE_KEYS",
    "KEK_PROVIDER",
    "NOTARY_PRIVATE_KEY",
    "PUBLIC_URL",
    "WORKOS_API_KEY",
    "WORKOS_CLIENT_ID",
    "WORKOS_ISSUERS",
    ...services.map((name) => `${name.toUpperCase()}_DATABASE_URL`),
  ],
  optional: ["WORKOS_BASE_URL", "KEK_KEYRING", "GRANOLA", ...developmentSettings],
};

// The worker alone finds its credentials for AWS and for the providers that are set up.
const workerOnly = /^(AWS|KMS|GOOGLE|MICROSOFT|SALESFORCE|GONG|NYLAS)_/;

// What any process needs of its surroundings.
const surroundings = [
  "PATH",
  "HOME",
  "LANG",
  "TZ",
  "TMPDIR",
  "NODE_ENV",
  "GRAPHILE_ENV",
  "NODE_EXTRA_CA_CERTS",
];

/** The environment of one process: what it needs of `from`, and nothing else. */
export function environmentFor(process: "api" | "worker", from: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = process === "api" ? apiSettings : workerSettings;
  const names = new Set<string>([...surroundings, ...own.required, ...own.optional]);
  const picked: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(from)) {
    const fits = names.has(name) || (process === "worker" && workerOnly.test(name));
    if (fits && value !== undefined) picked[name] = value;
  }
  return picked;
}

/** The required settings that are absent or empty, each once, in order. */
export function missingSettings(env: NodeJS.ProcessEnv): string[] {
  return [...new Set([...apiSettings.required, ...workerSettings.required])].filter((name) => !env[name]);
}
