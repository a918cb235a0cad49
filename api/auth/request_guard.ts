import type { IncomingMessage } from "node:http";
import { AuthError } from "./errors.ts";

const MAX_BODY_BYTES = 8 * 1024;
/** Any value will do. A page of another origin cannot send it without asking first (CORS), which nobody here answers. */
const CUSTOM_HEADER = "x-bulkhead-request";

/**
 * Refuses what another site's page makes a browser send. Three independent reasons, any of which suffices: the browser
 * says so (`Sec-Fetch-Site`), the `Origin` is not ours, or the body is not JSON, which no form can send and no script
 * without a preflight. Where a browser sends no `Origin`, cookies count only with the custom header.
 *
 * @throws {AuthError} `ORIGIN_REFUSED`, `CONTENT_TYPE_UNSUPPORTED`
 */
export function refuseCrossOrigin(request: IncomingMessage, publicUrl: string): void {
  const { origin, "sec-fetch-site": site } = request.headers;
  if (site !== undefined && site !== "same-origin" && site !== "none") throw new AuthError("ORIGIN_REFUSED");
  if (origin !== undefined && origin !== new URL(publicUrl).origin) throw new AuthError("ORIGIN_REFUSED");
  const type = (request.headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase();
  if (type !== "application/json") throw new AuthError("CONTENT_TYPE_UNSUPPORTED");
  const custom = request.headers[CUSTOM_HEADER] !== undefined;
  if (request.headers.cookie !== undefined && origin === undefined && !custom)
    throw new AuthError("ORIGIN_REFUSED");
}

/**
 * Reads a small JSON object. An empty body is an empty object.
 *
 * @throws {AuthError} `REQUEST_TOO_LARGE`, `REQUEST_MALFORMED`
 */
export async function readJson(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new AuthError("REQUEST_TOO_LARGE");
    chunks.push(chunk);
  }
  if (size === 0) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    // JSON.parse quotes its input, which may hold a token.
    throw new AuthError("REQUEST_MALFORMED");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw new AuthError("REQUEST_MALFORMED");
  return parsed as Record<string, unknown>;
}

/**
 * A text parameter of an expected form.
 *
 * @throws {AuthError} `REQUEST_MALFORMED`
 */
export function textOf(value: unknown, form: RegExp): string {
  if (typeof value !== "string" || !form.test(value)) throw new AuthError("REQUEST_MALFORMED");
  return value;
}
