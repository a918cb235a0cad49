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
  const body = await readAll(request, maxBytes, tooLarge);
  try {
    return JSON.parse(body);
  } catch {
    // JSON.parse quotes what it could not read.
    throw new RequestError("REQUEST_MALFORMED", "the body is not json");
  }
}

/** By events: for the short bodies that requests are, an async iterator costs as much as all the rest of reading. */
function readAll(request: IncomingMessage, maxBytes: number, tooLarge: () => Error): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) {
        chunks.push(chunk);
        return;
      }
      // The rest is not read: the answer closes the connection.
      request.pause();
      reject(tooLarge());
    });
    request.once("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    request.once("error", reject);
    request.once("close", () => {
      if (!request.complete) reject(new RequestError("REQUEST_MALFORMED", "the request was cut off"));
    });
  });
}
