import { type Resolve, pinned, publicAddresses, resolveBySystem } from "./address.ts";
import { EgressError, type EgressErrorCode } from "./errors.ts";
import { type Operation, type OutgoingCall, hostMatches } from "./rules.ts";
import { providerRules } from "./rules/all.ts";
import { send } from "./transport.ts";

/** What the audit log is told of every call, refused ones included. No URL, header or body. */
export interface EgressEvent {
  readonly provider: string;
  /** The operation's name; `refused` where none fits. */
  readonly operation: string;
  /** Whether an answer below 400 came. */
  readonly success: boolean;
  /** `EGRESS_…`, `HTTP_<status>`, or null. */
  readonly errorCode: string | null;
  readonly durationMs: number;
}

/** What makes `fetch` for one connection. */
export interface EgressScope {
  readonly provider: keyof typeof providerRules;
  /** The connection's profile. */
  readonly profile: string;
  /** Asked right before a call leaves: throws when the connection may no longer be used. */
  readonly confirm?: () => Promise<void>;
  /** Told of this scope's calls, before the client's own `onCall`. */
  readonly onCall?: (event: EgressEvent) => void | Promise<void>;
}

export interface EgressOptions {
  /** Told of every call; awaited before the answer is handed on, so that no call goes unrecorded. */
  readonly onCall?: (event: EgressEvent) => void | Promise<void>;
  /** Milliseconds for one whole call; 30 s unless told. */
  readonly timeoutMs?: number;
  readonly resolve?: Resolve;
  /**
   * Stand-ins by the origin that they stand for (`https://*.my.salesforce.com` works too). Rules are checked on the
   * real address first. Development and tests only.
   */
  readonly standins?: Readonly<Record<string, string>>;
  /** True refuses stand-ins and demands public addresses. */
  readonly production?: boolean;
}

/** Like `fetch`, for one connection; errors are {@link EgressError}s. */
export type GuardedFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** The one way out. */
export interface Egress {
  fetch(scope: EgressScope): GuardedFetch;
}

const DEFAULT_MAX_BYTES = 10 * 1024 * 1024;
const MAX_REQUEST_BYTES = 50 * 1024 * 1024;
const DROPPED_HEADERS = new Set([
  "host",
  "connection",
  "transfer-encoding",
  "content-length",
  "accept-encoding",
  "cookie",
]);

/**
 * Makes the guarded client. Hand `egress.fetch(scope)` to code that wants a `fetch`, SDKs included.
 *
 * @throws {EgressError} `EGRESS_CONFIGURATION`: stand-ins in production
 */
export function createEgress(options: EgressOptions = {}): Egress {
  const { onCall, timeoutMs = 30_000, resolve = resolveBySystem, standins = {}, production = true } = options;
  if (production && Object.keys(standins).length > 0) throw new EgressError("EGRESS_CONFIGURATION");

  async function run(
    scope: EgressScope,
    request: Request,
    operation: Operation,
    call: OutgoingCall,
  ): Promise<Response> {
    const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), request.signal]);
    const target = standinFor(call.url, standins);
    const addresses = target ? undefined : await within(signal, publicAddresses(call.url.hostname, resolve));
    await confirmed(scope);
    const headers: Record<string, string> = {};
    request.headers.forEach((value, name) => {
      if (!DROPPED_HEADERS.has(name)) headers[name] = value;
    });
    return send({
      url: target ?? call.url,
      method: call.method,
      headers: target ? { ...headers, "x-standin-host": call.url.host } : headers,
      body: call.body,
      lookup: addresses && pinned(addresses),
      maxBytes: operation.maxBytes ?? DEFAULT_MAX_BYTES,
      signal,
    });
  }

  return {
    fetch(scope) {
      return async (input, init) => {
        const started = performance.now();
        let name = "refused";
        let errorCode: string | null = null;
        try {
          // Redirects and credentials of the caller's wish are ignored: the transport knows none.
          const request = new Request(input, init);
          const url = new URL(request.url);
          const body = request.body ? new Uint8Array(await request.arrayBuffer()) : null;
          const call = { url, method: request.method, body, profile: scope.profile };
          const operation = findOperation(scope.provider, call);
          name = operation.name;
          operation.check?.(call);
          const answer = await run(scope, request, operation, call);
          if (answer.status >= 400) errorCode = `HTTP_${answer.status}`;
          return answer;
        } catch (error) {
          const known: EgressErrorCode =
            error instanceof EgressError ? error.code : "EGRESS_OPERATION_REFUSED";
          errorCode = known;
          throw error instanceof EgressError ? error : new EgressError(known);
        } finally {
          const event: EgressEvent = {
            provider: scope.provider,
            operation: name,
            success: errorCode === null,
            errorCode,
            durationMs: Math.round(performance.now() - started),
          };
          await scope.onCall?.(event);
          await onCall?.(event);
        }
      };
    },
  };
}

function findOperation(provider: keyof typeof providerRules, { url, method, body }: OutgoingCall): Operation {
  const rule = providerRules[provider];
  const plain = url.protocol === "https:" && url.port === "" && !url.username && !url.password;
  const atHost = rule.operations.filter(({ hosts }) =>
    hosts.some((pattern) => hostMatches(url.hostname, pattern)),
  );
  if (!plain || atHost.length === 0) throw new EgressError("EGRESS_HOST_REFUSED");
  // An escaped slash or dot would pass the pattern here and mean another path there.
  if (/%(2f|5c|2e|00)/i.test(url.pathname)) throw new EgressError("EGRESS_OPERATION_REFUSED");
  const found = atHost.find(
    (operation) =>
      operation.method === method &&
      operation.path.test(url.pathname) &&
      [...url.searchParams.keys()].every((name) => operation.query?.includes(name)),
  );
  if (!found || (body && body.length > MAX_REQUEST_BYTES)) throw new EgressError("EGRESS_OPERATION_REFUSED");
  return found;
}

function standinFor(url: URL, standins: Readonly<Record<string, string>>): URL | undefined {
  const match = Object.entries(standins).find(([origin]) => {
    const pattern = origin.replace(/^https:\/\//, "");
    return hostMatches(url.host, pattern);
  });
  return match && new URL(`${match[1]}${url.pathname}${url.search}`);
}

/** Unsure whether it may be used is no: but the next attempt may know better. */
async function confirmed(scope: EgressScope): Promise<void> {
  try {
    await scope.confirm?.();
  } catch (error) {
    throw error instanceof EgressError ? error : new EgressError("EGRESS_UNREACHABLE");
  }
}

async function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const abort = () => late.reject(new EgressError("EGRESS_TIMEOUT"));
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
