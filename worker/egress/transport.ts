import http from "node:http";
import https from "node:https";
import type { LookupFunction } from "node:net";
import { EgressError } from "./errors.ts";

/** One request, ready to leave. */
export interface Outgoing {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
  /** Where the socket connects; the name in `url` is only what TLS checks. */
  readonly lookup: LookupFunction | undefined;
  /** Bytes of the answer's body. */
  readonly maxBytes: number;
  /** Ends everything: look-up, connecting, TLS and the last byte of the body. */
  readonly signal: AbortSignal;
}

const TLS_ERROR =
  /^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/;

/**
 * Sends one request over a socket of its own and reads the whole answer. Follows no redirect, decompresses nothing (a
 * small answer cannot become a large one), and verifies TLS whatever the environment says.
 *
 * @throws {EgressError}
 */
export function send(outgoing: Outgoing): Promise<Response> {
  const { url, method, headers, body, lookup, maxBytes, signal } = outgoing;
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(translate(error, signal));
    const options: https.RequestOptions = {
      method,
      headers: {
        ...headers,
        "accept-encoding": "identity",
        ...(body ? { "content-length": String(body.length) } : {}),
      },
      // A pooled socket would skip the pinned look-up of the next call.
      agent: false,
      lookup,
      signal,
      rejectUnauthorized: true,
      minVersion: "TLSv1.2",
      maxHeaderSize: 32 * 1024,
    };
    const request = (url.protocol === "https:" ? https : http).request(url, options, (answer) => {
      const status = answer.statusCode ?? 0;
      const refuse = (code: "EGRESS_REDIRECT_REFUSED" | "EGRESS_TOO_LARGE" | "EGRESS_UNREACHABLE") => {
        reject(new EgressError(code));
        request.destroy();
      };
      if (status >= 300 && status < 400 && status !== 304) return refuse("EGRESS_REDIRECT_REFUSED");
      // A body that is encoded all the same would be read as what it is not.
      if (answer.headers["content-encoding"] && answer.headers["content-encoding"] !== "identity")
        return refuse("EGRESS_UNREACHABLE");
      if (Number(answer.headers["content-length"] ?? 0) > maxBytes) return refuse("EGRESS_TOO_LARGE");
      const chunks: Buffer[] = [];
      let size = 0;
      answer.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > maxBytes) refuse("EGRESS_TOO_LARGE");
        else chunks.push(chunk);
      });
      answer.on("error", fail);
      answer.on("end", () => {
        if (!answer.complete) return fail(new Error("cut short"));
        resolve(toResponse(status, answer.headers, Buffer.concat(chunks)));
      });
    });
    request.on("error", fail);
    request.end(body ?? undefined);
  });
}

function toResponse(status: number, headers: http.IncomingHttpHeaders, body: Buffer): Response {
  const copied = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    for (const one of [value ?? []].flat()) copied.append(name, one);
  }
  const empty = status === 204 || status === 205 || status === 304;
  return new Response(empty ? null : new Uint8Array(body), { status, headers: copied });
}

function translate(error: unknown, signal: AbortSignal): EgressError {
  if (error instanceof EgressError) return error;
  if (signal.aborted) return new EgressError("EGRESS_TIMEOUT");
  const code = String((error as { code?: unknown } | null)?.code ?? "");
  return new EgressError(TLS_ERROR.test(code) ? "EGRESS_TLS_REFUSED" : "EGRESS_UNREACHABLE");
}
