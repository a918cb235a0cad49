import pg from "pg";
import { hostMatches } from "../egress/rules.ts";
import type { ConnectionService } from "../providers/connection_provider.ts";
import type { ConnectionSettings } from "./settings.ts";
import { redirectUriOf } from "./system.ts";

interface Queryable {
  query(text: string, values: unknown[]): Promise<unknown>;
}

/** Tells the database what can be connected, so that the API can send people to consent screens without knowing a client. */
export async function declareProviders(
  client: Queryable,
  service: ConnectionService,
  settings: ConnectionSettings,
): Promise<void> {
  const declare = (...values: unknown[]) =>
    client.query("select connections.declare_provider($1, $2, $3, $4, $5, $6)", values);
  for (const provider of Object.values(settings.providers).filter((one) => one.service === service)) {
    const redirectUri = redirectUriOf(settings, provider.name);
    for (const [profile, { scopes }] of Object.entries(provider.profiles)) {
      const url =
        provider.kind === "oauth"
          ? browserUrl(provider.authorizeUrl({ profile, redirectUri }), settings.standins)
          : null;
      await declare(provider.name, profile, provider.kind, url, provider.pkce, scopes);
    }
  }
  if (service === "mail_sync") await declare("smtp_imap", "mailbox", "secret", null, "none", []);
}

/** The same, on a connection of its own. */
export async function declareProvidersAt(
  databaseUrl: string,
  service: ConnectionService,
  settings: ConnectionSettings,
): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on("error", () => {});
  await client.connect();
  try {
    await declareProviders(client, service, settings);
  } finally {
    await client.end();
  }
}

/** In development the browser goes to the stand-in as well. */
function browserUrl(text: string, standins: Readonly<Record<string, string>>): string {
  const url = new URL(text);
  const origin = Object.entries(standins).find(([of]) =>
    hostMatches(url.host, of.replace(/^https:\/\//, "")),
  )?.[1];
  return origin ? `${origin}${url.pathname}${url.search}` : text;
}
