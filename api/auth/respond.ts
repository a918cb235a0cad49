import type { IncomingMessage, ServerResponse } from "node:http";
import { errorPage } from "./error_page.ts";
import type { AuthError } from "./errors.ts";

// No CORS header anywhere: another origin's page may send what it likes, it reads no answer.
const HEADERS = {
  "Cache-Control": "no-store",
  // The address holds the code and the state: they must not travel on to the next page.
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

/** Answers with a JSON object. */
export function json(
  response: ServerResponse,
  status: number,
  body: object,
  cookies: readonly string[] = [],
): void {
  write(
    response,
    status,
    { "Content-Type": "application/json; charset=utf-8" },
    JSON.stringify(body),
    cookies,
  );
}

/** Answers with plain text, which no browser takes for anything else. */
export function plain(response: ServerResponse, status: number, text: string): void {
  write(response, status, { "Content-Type": "text/plain; charset=utf-8" }, text, []);
}

/** Sends the browser on. `location` is never taken from the request. */
export function redirect(
  response: ServerResponse,
  status: 302 | 303,
  location: string,
  cookies: readonly string[] = [],
): void {
  write(response, status, { Location: location }, "", cookies);
}

/** Answers with a refusal: a page for whoever asks for HTML, else `{ error: { code, message, hint? } }`. */
export function refuse(request: IncomingMessage, response: ServerResponse, error: AuthError): void {
  const headers = {
    ...(error.retryAfter === undefined ? {} : { "Retry-After": String(error.retryAfter) }),
    ...(error.allow === undefined ? {} : { Allow: error.allow }),
    ...(error.status === 401 ? { "WWW-Authenticate": "Bearer" } : {}),
    // What is left of the request is not read, so the connection cannot be used again.
    ...(error.status === 413 ? { Connection: "close" } : {}),
  };
  if ((request.headers.accept ?? "").includes("text/html")) {
    const { html, policy } = errorPage(error);
    const type = { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy };
    return write(response, error.status, { ...headers, ...type }, html);
  }
  const { code, message, hint } = error;
  const body = JSON.stringify({ error: { code, message, ...(hint === null ? {} : { hint }) } });
  return write(
    response,
    error.status,
    { ...headers, "Content-Type": "application/json; charset=utf-8" },
    body,
  );
}

function write(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
  cookies: readonly string[] = [],
): void {
  if (cookies.length > 0) response.setHeader("Set-Cookie", [...cookies]);
  response.writeHead(status, { ...HEADERS, ...headers, "Content-Length": String(Buffer.byteLength(body)) });
  response.end(body);
}
