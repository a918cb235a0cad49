import { createHash, randomBytes } from "node:crypto";
import { afterAll } from "vitest";
import { type EgressEvent, type EgressScope, createEgress } from "../../worker/egress/client.ts";
import type { ConnectionProvider, Granted } from "../../worker/providers/connection_provider.ts";
import { gong } from "../../worker/providers/gong.ts";
import { google } from "../../worker/providers/google.ts";
import { granola } from "../../worker/providers/granola.ts";
import { microsoft } from "../../worker/providers/microsoft.ts";
import { nylas } from "../../worker/providers/nylas.ts";
import { salesforce } from "../../worker/providers/salesforce.ts";
import { gongHosts, startGongStandin } from "../standins/gong.ts";
import { googleHosts, startGoogleStandin } from "../standins/google.ts";
import { granolaHosts, startGranolaStandin } from "../standins/granola.ts";
import { microsoftHosts, startMicrosoftStandin } from "../standins/microsoft.ts";
import { nylasHosts, startNylasStandin } from "../standins/nylas.ts";
import { salesforceHosts, startSalesforceStandin } from "../standins/salesforce.ts";
import { nylasChallenge } from "../standins/oauth/tokens.ts";

/** Distinctive secrets: searched for afterwards wherever they must not be. */
export const CLIENT_SECRET = "canary-client-secret-51f0";
export const WEBHOOK_SECRET = "canary-webhook-secret-88d1";
export const CLIENT_ID = "client-of-tests";
export const GRANOLA_KEY = "grn_canary_key_0123456789";
export const ACCOUNTS = ["ada@example.com", "grace@example.com"];

export const redirectUri = (provider: string): string => `http://127.0.0.1:5678/oauth/callback/${provider}`;

/** All stand-ins, and the map that leads the guard to them. */
export async function startStandins() {
  const client = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
  const registered = (provider: string) => ({
    ...client,
    redirectUris: [redirectUri(provider)],
    accounts: ACCOUNTS,
  });
  const standins = {
    google: await startGoogleStandin(registered("google")),
    microsoft: await startMicrosoftStandin(registered("microsoft")),
    nylas: await startNylasStandin({ ...registered("nylas"), apiKey: CLIENT_SECRET }),
    salesforce: await startSalesforceStandin({ ...registered("salesforce"), rotate: true }),
    gong: await startGongStandin({ ...registered("gong"), accounts: ["company-17", "company-18"] }),
    granola: await startGranolaStandin({ keys: [GRANOLA_KEY] }),
  };
  afterAll(() => Promise.all(Object.values(standins).map((one) => one.close())));
  const map: Record<string, string> = {};
  for (const [hosts, { origin }] of [
    [googleHosts, standins.google],
    [microsoftHosts, standins.microsoft],
    [nylasHosts, standins.nylas],
    [salesforceHosts, standins.salesforce],
    [gongHosts, standins.gong],
    [granolaHosts, standins.granola],
  ] as const) {
    for (const host of hosts) map[`https://${host}`] = origin;
  }
  const providers = {
    google: google(client),
    microsoft: microsoft(client),
    nylas: nylas({ clientId: CLIENT_ID, apiKey: CLIENT_SECRET }),
    salesforce: salesforce(client),
    gong: gong(client),
    granola: granola(),
  } satisfies Record<string, ConnectionProvider>;
  const events: EgressEvent[] = [];
  const egress = createEgress({
    production: false,
    standins: map,
    timeoutMs: 2_000,
    onCall: (event) => void events.push(event),
  });
  return { standins, map, providers, egress, events };
}

export type Standins = Awaited<ReturnType<typeof startStandins>>;
export type OAuthName = "google" | "microsoft" | "nylas" | "salesforce" | "gong";

/** Consents at a stand-in: what the callback hands over. */
export async function consentAt(
  { standins, providers, map }: Standins,
  name: OAuthName,
  profile: string,
  account = name === "gong" ? "company-17" : ACCOUNTS[0]!,
  choice?: { only?: readonly string[] },
): Promise<{ code: string; codeVerifier: string; redirectUri: string; profile: string }> {
  const codeVerifier = randomBytes(32).toString("base64url");
  const url = new URL(providers[name].authorizeUrl({ profile, redirectUri: redirectUri(name) }));
  url.searchParams.set("state", "state-1");
  if (providers[name].pkce === "S256") {
    url.searchParams.set("code_challenge", createHash("sha256").update(codeVerifier).digest("base64url"));
    url.searchParams.set("code_challenge_method", "S256");
  } else if (providers[name].pkce === "nylas") {
    url.searchParams.set("code_challenge", nylasChallenge(codeVerifier));
    url.searchParams.set("code_challenge_method", "s256");
  }
  const origin =
    map[`https://${url.hostname}`] ?? map[`https://*.${url.hostname.split(".").slice(1).join(".")}`];
  const callback = await standins[name].approve(`${origin}${url.pathname}${url.search}`, account, choice);
  return {
    code: callback.searchParams.get("code") ?? "",
    codeVerifier,
    redirectUri: redirectUri(name),
    profile,
  };
}

/** Consents and redeems the code. */
export async function connectAt(
  all: Standins,
  name: OAuthName,
  profile: string,
  scope: Partial<EgressScope> = {},
): Promise<Granted> {
  const request = await consentAt(all, name, profile);
  return all.providers[name].exchangeCode(all.egress.fetch({ provider: name, profile, ...scope }), request);
}
