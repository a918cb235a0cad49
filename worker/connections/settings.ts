import type { ConnectionProvider } from "../providers/connection_provider.ts";
import { gong } from "../providers/gong.ts";
import { google } from "../providers/google.ts";
import { granola } from "../providers/granola.ts";
import { microsoft } from "../providers/microsoft.ts";
import { nylas } from "../providers/nylas.ts";
import { salesforce } from "../providers/salesforce.ts";

/** What the worker is told about connections. */
export interface ConnectionSettings {
  /** Those that are set up, by name. */
  readonly providers: Readonly<Record<string, ConnectionProvider>>;
  /** Where browsers reach the API: providers send them back there. */
  readonly publicUrl: string;
  /** Stand-ins by the origin that they stand for; empty in production. */
  readonly standins: Readonly<Record<string, string>>;
  /** Mail servers on this machine; empty in production. */
  readonly localMailServers: readonly string[];
  readonly production: boolean;
  /** By provider: what its webhooks are signed with; several while one replaces another. */
  readonly webhookSecrets: Readonly<Record<string, readonly string[]>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const HOST = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/;

/**
 * Reads which providers are set up: `<PROVIDER>_CLIENT_ID` and `<PROVIDER>_CLIENT_SECRET` for google, microsoft
 * (`MICROSOFT_TENANT`), salesforce (`SALESFORCE_LOGIN_HOST`) and gong; `NYLAS_CLIENT_ID`, `NYLAS_API_KEY`
 * (`NYLAS_REGION`, `NYLAS_WEBHOOK_SECRET`); `GRANOLA=on`. `CONNECTION_STANDINS` and `LOCAL_MAIL_SERVERS` are for development.
 *
 * @param report takes what is missing or unusable, names only
 */
export function readConnectionSettings(
  environment: Environment,
  report: (problem: string) => void,
): ConnectionSettings | undefined {
  const optional = (name: string) => environment[name]?.trim() || undefined;
  const production = optional("NODE_ENV") !== "development";
  const providers: Record<string, ConnectionProvider> = {};
  const pair = (prefix: string, secretName = "CLIENT_SECRET") => {
    const clientId = optional(`${prefix}_CLIENT_ID`);
    const clientSecret = optional(`${prefix}_${secretName}`);
    if ((clientId === undefined) !== (clientSecret === undefined)) {
      report(`${prefix}_CLIENT_ID and ${prefix}_${secretName} come together`);
    }
    return clientId && clientSecret ? { clientId, clientSecret } : undefined;
  };
  const host = (name: string) => {
    const value = optional(name);
    if (value !== undefined && !HOST.test(value)) report(`${name} must be a host name`);
    return value;
  };
  const googleClient = pair("GOOGLE");
  if (googleClient) providers.google = google(googleClient);
  const microsoftClient = pair("MICROSOFT");
  if (microsoftClient)
    providers.microsoft = microsoft({ ...microsoftClient, tenant: optional("MICROSOFT_TENANT") });
  const salesforceClient = pair("SALESFORCE");
  if (salesforceClient)
    providers.salesforce = salesforce({ ...salesforceClient, loginHost: host("SALESFORCE_LOGIN_HOST") });
  const gongClient = pair("GONG");
  if (gongClient) providers.gong = gong(gongClient);
  const nylasClient = pair("NYLAS", "API_KEY");
  const region = optional("NYLAS_REGION") ?? "us";
  if (region !== "us" && region !== "eu") report("NYLAS_REGION must be us or eu");
  else if (nylasClient)
    providers.nylas = nylas({ clientId: nylasClient.clientId, apiKey: nylasClient.clientSecret, region });
  if (optional("GRANOLA") === "on") providers.granola = granola();

  const publicUrl = optional("PUBLIC_URL");
  if (!publicUrl) {
    if (Object.values(providers).some(({ kind }) => kind === "oauth"))
      report("PUBLIC_URL is needed for the providers that are set up");
    return undefined;
  }
  const standinText = optional("CONNECTION_STANDINS");
  const localText = optional("LOCAL_MAIL_SERVERS");
  if (production && (standinText || localText))
    report("CONNECTION_STANDINS and LOCAL_MAIL_SERVERS are for development only");
  return {
    providers,
    publicUrl: publicUrl.replace(/\/+$/, ""),
    standins: production ? {} : readStandins(standinText, report),
    localMailServers: production ? [] : (localText?.split(",").map((one) => one.trim()) ?? []),
    production,
    webhookSecrets: { nylas: optional("NYLAS_WEBHOOK_SECRET")?.split(",") ?? [] },
  };
}

function readStandins(text: string | undefined, report: (problem: string) => void): Record<string, string> {
  if (!text) return {};
  try {
    const map = JSON.parse(text) as Record<string, string>;
    const local = Object.values(map).every((origin) =>
      /^http:\/\/(127\.0\.0\.1|localhost):\d+$/.test(origin),
    );
    if (local) return map;
  } catch {
    // Said below: what cannot be read is not quoted.
  }
  report("CONNECTION_STANDINS must be JSON of origins on this machine");
  return {};
}
