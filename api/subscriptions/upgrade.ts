import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { RequestError } from "../errors/request_error.ts";
import { securityHeaders } from "../http/headers.ts";

/**
 * Refuses what is no request for subscriptions, and what another site's page made a browser send: browsers let any page
 * open a WebSocket anywhere, without asking first, and say only where it came from.
 *
 * @throws {RequestError} `NOT_FOUND`, `ORIGIN_REFUSED`, `REQUEST_MALFORMED`
 */
export function refuseUpgrade({ url, headers }: IncomingMessage, publicUrl: string): void {
  // No query string is read: a token in an address ends up in logs and histories.
  if ((url ?? "").split("?", 1)[0] !== "/graphql")
    throw new RequestError("NOT_FOUND", "there is nothing here");
  const { origin, "sec-fetch-site": site } = headers;
  const foreign = site !== undefined && site !== "same-origin" && site !== "none";
  if (foreign || (origin !== undefined && origin !== new URL(publicUrl).origin))
    throw new RequestError("ORIGIN_REFUSED", "that page is of another origin");
  const protocols = (headers["sec-websocket-protocol"] ?? "").split(",").map((one) => one.trim());
  if (!protocols.includes("graphql-transport-ws"))
    throw new RequestError("REQUEST_MALFORMED", "the WebSocket's protocol is graphql-transport-ws");
}

/** Answers an upgrade as the HTTP request that it still is. */
export function answerUpgrade(socket: Duplex, { statusCode, code, message, extensions }: RequestError): void {
  const body = JSON.stringify({ errors: [{ message, extensions: { code, ...extensions } }] });
  const headers = {
    ...securityHeaders,
    Connection: "close",
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": String(Buffer.byteLength(body)),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? ""}\r\n${lines.join("")}\r\n${body}`);
}
