import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { exportJWK, generateKeyPair } from "jose";
import Provider, { type Configuration, type KoaContextWithOIDC } from "oidc-provider";
import { memoryAdapter } from "./oidc_adapter.ts";
import { type Answer, type Recorded, type Standin, consentPage, startStandin } from "./server.ts";

export interface OidcStandinOptions {
  readonly title: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUris: readonly string[];
  readonly accounts: readonly string[];
  readonly scopes: readonly string[];
  readonly routes: {
    readonly authorization: string;
    readonly token: string;
    readonly revocation: string;
    readonly userinfo: string;
  };
  /** A new refresh token with each use; presenting a used one ends everything (reuse detection). */
  readonly rotate?: boolean;
  readonly accessTokenSeconds?: number;
  readonly port?: number;
  /** Added to each token answer. */
  readonly tokenExtras?: (account: string) => Record<string, unknown>;
  /** The provider's resources; the access token has been checked. */
  readonly resource?: (request: Recorded, account: string, scopes: readonly string[]) => Answer;
}

export interface OidcStandin extends Standin {
  /** Consents without the page; resolves to the callback URL. */
  approve(authorizeUrl: string, account: string, options?: { only?: readonly string[] }): Promise<URL>;
  /** Ends an account's grants, as the person does in their account's settings. */
  revokeAt(account: string): Promise<void>;
  /** Claims scopes in the next token answers that nobody asked for. */
  grantExtra(scopes: readonly string[]): void;
  /** Seconds that new access tokens live. */
  setAccessTokenSeconds(seconds: number): void;
  /** Whether a refresh or access token would still be honoured. */
  honours(token: string): Promise<boolean>;
}

/** A provider on the certified `oidc-provider`, under the routes of the one it stands for. */
export async function startOidcStandin(options: OidcStandinOptions): Promise<OidcStandin> {
  ignoreReadBodies();
  const pair = await generateKeyPair("ES256", { extractable: true });
  const store = memoryAdapter();
  let extra: readonly string[] = [];
  let accessTokenSeconds = options.accessTokenSeconds ?? 3600;
  let provider: Provider | undefined;

  const standin = await startStandin(async (request, raw, response): Promise<Answer | null> => {
    if (request.path.startsWith("/consent/")) {
      await consent(provider!, options, request, raw, response);
      return null;
    }
    if (request.method === "POST" && request.path === options.routes.revocation)
      return revoke(provider!, request);
    if (Object.values(options.routes).some((route) => request.path.startsWith(route))) {
      await provider!.callback()(raw, response);
      return null;
    }
    const bearer = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1];
    const token = bearer ? await provider!.AccessToken.find(bearer) : undefined;
    if (!token || !options.resource) return { status: token ? 404 : 401, json: { error: "invalid_token" } };
    return options.resource(request, token.accountId, [...token.scopes]);
  }, options.port);

  const configuration: Configuration = {
    adapter: store.adapter,
    clients: [
      {
        client_id: options.clientId,
        client_secret: options.clientSecret,
        redirect_uris: [...options.redirectUris],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        token_endpoint_auth_method: "client_secret_post",
        id_token_signed_response_alg: "ES256",
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(pair.privateKey)), alg: "ES256", use: "sig" }] },
    cookies: { keys: [randomBytes(16).toString("hex")] },
    routes: { ...options.routes, jwks: "/jwks" },
    scopes: [...options.scopes],
    claims: { openid: ["sub", "email"] },
    extraParams: ["access_type", "include_granted_scopes"],
    pkce: { required: () => true },
    ttl: {
      AccessToken: () => accessTokenSeconds,
      AuthorizationCode: 600,
      RefreshToken: 90 * 86_400,
      Grant: 90 * 86_400,
      Session: 3600,
      Interaction: 600,
      IdToken: 3600,
    },
    rotateRefreshToken: options.rotate ?? false,
    issueRefreshToken: async () => true,
    expiresWithSession: async () => false,
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, email: id }) }),
    interactions: { url: (_context, interaction) => `/consent/${interaction.uid}` },
    features: { devInteractions: { enabled: false }, revocation: { enabled: true } },
    renderError: (context, out) => {
      context.body = { error: out.error };
    },
  };
  provider = withoutWarnings(() => new Provider(standin.origin, configuration));
  provider.use(async (context: KoaContextWithOIDC, next: () => Promise<void>) => {
    await next();
    const body = context.body as Record<string, unknown> | undefined;
    if (context.oidc?.route !== "token" || typeof body?.access_token !== "string") return;
    if (extra.length > 0) body.scope = [body.scope, ...extra].join(" ");
    Object.assign(body, options.tokenExtras?.(context.oidc.account?.accountId ?? ""));
  });

  return {
    ...standin,
    approve: (url, account, choice) => approve(standin.origin, url, account, choice?.only),
    async revokeAt(account) {
      store.removeGrantsOf(account);
    },
    grantExtra: (scopes) => void (extra = scopes),
    setAccessTokenSeconds: (seconds) => void (accessTokenSeconds = seconds),
    honours: async (token) =>
      [await provider!.RefreshToken.find(token), await provider!.AccessToken.find(token)].some(
        (one) => one?.isValid,
      ),
  };
}

async function consent(
  provider: Provider,
  options: OidcStandinOptions,
  request: Recorded,
  raw: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { uid, params } = await provider.interactionDetails(raw, response);
  const asked = String(params.scope ?? "").split(" ");
  if (request.method === "GET") {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
    response.end(consentPage(options.title, asked, options.accounts, `/consent/${uid}`, uid));
    return;
  }
  const account = String(request.body.account ?? "");
  if (!options.accounts.includes(account)) {
    await provider.interactionFinished(raw, response, { error: "access_denied" });
    return;
  }
  const only = typeof request.body.only === "string" ? request.body.only.split(" ") : asked;
  const grant = new provider.Grant({ accountId: account, clientId: options.clientId });
  grant.addOIDCScope(asked.filter((scope) => only.includes(scope)).join(" "));
  const refused = asked.filter((scope) => !only.includes(scope));
  if (refused.length > 0) grant.rejectOIDCScope(refused.join(" "));
  await provider.interactionFinished(raw, response, {
    login: { accountId: account },
    consent: { grantId: await grant.save() },
  });
}

/** Google and Salesforce take the token alone, from anybody who holds it. */
async function revoke(provider: Provider, request: Recorded): Promise<Answer> {
  const value = String(request.body.token ?? "");
  const token = (await provider.RefreshToken.find(value)) ?? (await provider.AccessToken.find(value));
  if (!token?.grantId) return { status: 400, json: { error: "invalid_token" } };
  await provider.AccessToken.revokeByGrantId(token.grantId);
  await provider.RefreshToken.revokeByGrantId(token.grantId);
  await (await provider.Grant.find(token.grantId))?.destroy();
  return { status: 200, json: {} };
}

/** What a browser does: follows redirects with cookies, up to the product's own callback. */
async function approve(
  origin: string,
  authorizeUrl: string,
  account: string,
  only?: readonly string[],
): Promise<URL> {
  const cookies = new Map<string, string>();
  let next = new URL(authorizeUrl);
  let form: string | undefined;
  for (let hop = 0; hop < 8; hop += 1) {
    const answer: Response = await fetch(next, {
      redirect: "manual",
      method: form === undefined ? "GET" : "POST",
      body: form,
      headers: {
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
        ...(form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
      },
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!;
      cookies.set(name!, value!);
    }
    const body = await answer.text();
    const location = answer.headers.get("location");
    if (location) {
      form = undefined;
      next = new URL(location, next);
      if (next.origin !== origin) return next;
    } else if (next.pathname.startsWith("/consent/") && form === undefined) {
      form = new URLSearchParams({ account, ...(only ? { only: only.join(" ") } : {}) }).toString();
    } else
      throw new Error(`the stand-in refused to authorize: status ${answer.status} ${body.slice(0, 200)}`);
  }
  throw new Error("the stand-in redirects for ever");
}

let ignoring = false;

/** It warns of a body that was read before it got it, which is how requests are recorded here. */
function ignoreReadBodies(): void {
  if (ignoring) return;
  ignoring = true;
  const { warn } = console;
  console.warn = (...words: unknown[]) => {
    if (!String(words[0]).includes("already parsed request body")) warn(...words);
  };
}

/** It warns of what a stand-in is on purpose: plain http, on one machine. */
function withoutWarnings<Result>(make: () => Result): Result {
  const { warn, info } = console;
  console.warn = console.info = () => {};
  try {
    return make();
  } finally {
    Object.assign(console, { warn, info });
  }
}
