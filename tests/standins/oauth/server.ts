import { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it came, secrets included. */
export interface Recorded {
  readonly method: string;
  /** The host that the client meant, where it says so. */
  readonly host: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly rawBody: string;
  /** A form or JSON object; empty otherwise. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** An answer. `null` leaves it to a handler that writes by itself. */
export interface Answer {
  readonly status: number;
  readonly json?: unknown;
  readonly html?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Ways to fail: `slow` waits `ms` and then answers; `hang` answers after the work was done, but too late (`ms`);
 * `rate_limited` 429 with Retry-After; `server_error`; `invalid_grant`; `malformed` half a JSON; `reset` drops the
 * connection after the work was done; `redirect`.
 */
export type FailureKind =
  "slow" | "hang" | "rate_limited" | "server_error" | "invalid_grant" | "malformed" | "reset" | "redirect";

export interface Failure {
  readonly kind: FailureKind;
  /** Which paths; all unless told. */
  readonly path?: RegExp;
  /** How many requests; one unless told. */
  readonly times?: number;
  readonly ms?: number;
  readonly retryAfter?: number;
  readonly status?: number;
  readonly location?: string;
}

/** What every stand-in offers. */
export interface Standin {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** The latest 2,000 requests, oldest first. */
  readonly requests: Recorded[];
  count(method: string, path: string | RegExp): number;
  fail(failure: Failure): void;
  recover(): void;
  close(): Promise<void>;
}

type Handler = (
  request: Recorded,
  raw: IncomingMessage,
  response: ServerResponse,
) => Promise<Answer | null> | Answer | null;

/** A local HTTP server that records, and fails when told to. Loopback only. */
export async function startStandin(handle: Handler, port = 0): Promise<Standin> {
  const requests: Recorded[] = [];
  let failures: { failure: Failure; left: number }[] = [];
  const timers = new Set<NodeJS.Timeout>();
  const wait = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(() => (timers.delete(timer), resolve()), ms);
      timers.add(timer);
    });

  function takeFailure(path: string): Failure | undefined {
    const found = failures.find(({ failure }) => failure.path?.test(path) ?? true);
    if (!found) return undefined;
    found.left -= 1;
    if (found.left <= 0) failures = failures.filter((one) => one !== found);
    return found.failure;
  }

  async function serve(raw: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await record(raw);
    requests.push(request);
    if (requests.length > 2_000) requests.shift();
    const failure = takeFailure(request.path);
    if (failure?.kind === "slow") await wait(failure.ms ?? 60_000);
    const instead = failure && answerInstead(failure);
    // The work is done all the same: the client only never hears of it.
    const lost = failure?.kind === "reset" || failure?.kind === "hang";
    if (failure?.kind === "hang") hold(response, wait(failure.ms ?? 60_000));
    if (lost && failure.kind === "reset") drop(response, raw);
    const answer = instead ?? (await handle(request, raw, response));
    if (answer) write(response, answer, failure?.kind === "malformed");
  }

  const server = createServer((raw, response) => {
    serve(raw, response).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    count: (method, path) =>
      requests.filter(
        (one) =>
          one.method === method && (typeof path === "string" ? one.path === path : path.test(one.path)),
      ).length,
    fail: (failure) => void failures.push({ failure, left: failure.times ?? 1 }),
    recover: () => (failures = []),
    async close() {
      for (const timer of timers) clearTimeout(timer);
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function record(raw: IncomingMessage): Promise<Recorded> {
  const url = new URL(raw.url ?? "/", "http://standin.invalid");
  const chunks: Buffer[] = [];
  if (raw.method !== "GET") for await (const chunk of raw as AsyncIterable<Buffer>) chunks.push(chunk);
  const rawBody = Buffer.concat(chunks).toString("utf8");
  // Servers built on Koa read the body once more: it is left for them where their parser looks.
  if (rawBody !== "")
    (raw as IncomingMessage & { body?: unknown }).body = parse(rawBody, raw.headers["content-type"] ?? "");
  return {
    method: raw.method ?? "GET",
    host: String(raw.headers["x-standin-host"] ?? raw.headers.host ?? ""),
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: raw.headers,
    rawBody,
    body: parse(rawBody, raw.headers["content-type"] ?? ""),
  };
}

function parse(rawBody: string, contentType: string): Record<string, unknown> {
  if (contentType.startsWith("application/x-www-form-urlencoded"))
    return Object.fromEntries(new URLSearchParams(rawBody));
  try {
    const parsed: unknown = JSON.parse(rawBody);
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function answerInstead(failure: Failure): Answer | undefined {
  switch (failure.kind) {
    case "rate_limited":
      return {
        status: 429,
        json: { error: "rate_limited" },
        headers: failure.retryAfter === undefined ? {} : { "retry-after": String(failure.retryAfter) },
      };
    case "server_error":
      return { status: failure.status ?? 503, html: "<html>unavailable</html>" };
    case "invalid_grant":
      return {
        status: 400,
        json: { error: "invalid_grant", error_description: "Token has been expired or revoked." },
      };
    case "redirect":
      return { status: 307, headers: { location: failure.location ?? "https://attacker.example/" } };
    case "malformed":
      return { status: 200, json: { access_token: "half" } };
    default:
      return undefined;
  }
}

function hold(response: ServerResponse, until: Promise<void>): void {
  const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
  response.end = ((...args: unknown[]) => (
    void until.then(() => end(...args)),
    response
  )) as typeof response.end;
}

function drop(response: ServerResponse, raw: IncomingMessage): void {
  response.end = (() => (raw.socket.resetAndDestroy(), response)) as typeof response.end;
}

function write(response: ServerResponse, { status, json, html, headers }: Answer, halve: boolean): void {
  const body = html ?? (json === undefined ? "" : JSON.stringify(json));
  response.writeHead(status, {
    "content-type": html === undefined ? "application/json" : "text/html; charset=utf-8",
    "cache-control": "no-store",
    ...headers,
  });
  response.end(halve ? body.slice(0, body.length / 2) : body);
}

/** A consent page: one button for each account. */
export function consentPage(
  title: string,
  scopes: readonly string[],
  accounts: readonly string[],
  action: string,
  ticket: string,
): string {
  const escape = (text: string) => text.replaceAll(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
  const buttons = [...accounts, ""].map(
    (account) =>
      `<button name="account" value="${escape(account)}">${account ? `Allow as ${escape(account)}` : "Cancel"}</button>`,
  );
  return `<!doctype html><meta charset="utf-8"><title>${escape(title)}</title><style>body{font:16px system-ui;max-width:30rem;margin:10vh auto}button{display:block;width:100%;padding:.7rem;margin:.5rem 0}</style>
<h1>${escape(title)}</h1><p>A stand-in for the provider's own consent screen. The product asks for:</p><ul>${scopes.map((scope) => `<li>${escape(scope)}</li>`).join("")}</ul>
<form method="post" action="${escape(action)}"><input type="hidden" name="ticket" value="${escape(ticket)}">${buttons.join("")}</form>`;
}
