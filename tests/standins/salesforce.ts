import { type OidcStandin, startOidcStandin } from "./oauth/oidc.ts";
import type { Answer, Recorded } from "./oauth/server.ts";

/** The hosts that it stands for. */
export const salesforceHosts = ["login.salesforce.com", "*.my.salesforce.com"];

/** Salesforce's accounts and its query resource. Rotation is the app's choice there, and here. */
export function startSalesforceStandin(options: {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUris: readonly string[];
  readonly accounts: readonly string[];
  readonly rotate?: boolean;
  readonly port?: number;
  /** Records by object. */
  readonly records?: Readonly<Record<string, readonly Record<string, unknown>[]>>;
  /** What a token answer calls the instance. */
  readonly instanceUrl?: string;
}): Promise<OidcStandin> {
  return startOidcStandin({
    ...options,
    title: "Salesforce (stand-in)",
    scopes: ["api", "refresh_token", "offline_access", "openid", "full", "web"],
    routes: {
      authorization: "/services/oauth2/authorize",
      token: "/services/oauth2/token",
      revocation: "/services/oauth2/revoke",
      userinfo: "/services/oauth2/userinfo",
    },
    tokenExtras: () => ({
      instance_url: options.instanceUrl ?? "https://acme.my.salesforce.com",
      token_type: "Bearer",
    }),
    resource: (request) => query(request, options.records ?? {}),
  });
}

function query(
  request: Recorded,
  records: Readonly<Record<string, readonly Record<string, unknown>[]>>,
): Answer {
  if (request.method !== "GET" || !/^\/services\/data\/v\d+\.0\/query$/.test(request.path)) {
    return { status: 405, json: [{ errorCode: "METHOD_NOT_ALLOWED" }] };
  }
  const object = /\bFROM\s+(\w+)/i.exec(request.query.q ?? "")?.[1] ?? "";
  const found = records[object] ?? [];
  return {
    status: 200,
    json: { totalSize: found.length, done: true, records: found },
    headers: { "sforce-limit-info": "api-usage=18/5000" },
  };
}
