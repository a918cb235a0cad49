/** The settings of each process, by name. A process is given its own and no others: the API never holds a key. */
export const apiSettings = {
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

/** The worker's settings, for all its services together. */
export const workerSettings = {
  required: [
    "WORKER_SERVICES",
    "WORKER_PRIVATE_KEYS",
    "KEK_PROVIDER",
    "WORKOS_API_KEY",
    "WORKOS_CLIENT_ID",
    "WORKOS_ISSUERS",
    "IDENTITY_DATABASE_URL",
    "OPENER_DATABASE_URL",
    "MAIL_SYNC_DATABASE_URL",
    "CRM_DATABASE_URL",
    "JANITOR_DATABASE_URL",
  ],
  optional: [
    "WORKOS_BASE_URL",
    "KEK_KEYRING",
    "KMS_KEY_ID",
    "KMS_REGION",
    "KMS_ENDPOINT",
    // Connections: where people come back to, and the product's own registrations at the providers.
    "PUBLIC_URL",
    "GOOGLE_CLIENT_ID",
    "GOOGLE_CLIENT_SECRET",
    "MICROSOFT_CLIENT_ID",
    "MICROSOFT_CLIENT_SECRET",
    "MICROSOFT_TENANT",
    "NYLAS_CLIENT_ID",
    "NYLAS_API_KEY",
    "NYLAS_REGION",
    "SALESFORCE_CLIENT_ID",
    "SALESFORCE_CLIENT_SECRET",
    "SALESFORCE_LOGIN_HOST",
    "GONG_CLIENT_ID",
    "GONG_CLIENT_SECRET",
    "GRANOLA",
    "CONNECTION_STANDINS",
    "LOCAL_MAIL_SERVERS",
  ],
} as const;

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
// The AWS SDK finds its credentials by itself: the worker's KMS client needs them, nothing else does.
const aws = /^AWS_/;

/** The environment of one process: what it needs of `from`, and nothing else. */
export function environmentFor(process: "api" | "worker", from: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = process === "api" ? apiSettings : workerSettings;
  const names = new Set<string>([...surroundings, ...own.required, ...own.optional]);
  const picked: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(from)) {
    const fits =
      names.has(name) || (process === "worker" && (aws.test(name) || name.endsWith("_DATABASE_URL")));
    if (fits && value !== undefined) picked[name] = value;
  }
  return picked;
}

/** The required settings that are absent or empty, each once, in order. */
export function missingSettings(env: NodeJS.ProcessEnv): string[] {
  return [...new Set([...apiSettings.required, ...workerSettings.required])].filter((name) => !env[name]);
}
