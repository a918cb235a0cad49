import type { IncomingMessage } from "node:http";
import { RequestError } from "../errors/request_error.ts";
import { LimitError } from "../limits/limit_error.ts";

/**
 * Reads a JSON body.
 *
 * @param maxBytes counted as they arrive, so that nobody makes this process hold more
 * @throws {LimitError} `REQUEST_TOO_LARGE`
 * @throws {RequestError} `CONTENT_TYPE_UNSUPPORTED`, `REQUEST_MALFORMED`
 */
export async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const type = (request.headers["content-type"] ?? "").toLowerCase();
  // A form or plain text could be sent by any page without the browser asking us first.
  if (!/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/.test(type)) {
    throw new RequestError("CONTENT_TYPE_UNSUPPORTED", "send application/json");
  }
  const tooLarge = () => new LimitError("REQUEST_TOO_LARGE", `the request is longer than ${maxBytes} bytes`);
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    // JSON.parse quotes what it could not read.
    throw new RequestError("REQUEST_MALFORMED", "the body is not json");
  }
}
