import { createHmac } from "node:crypto";
import { once } from "node:events";
import https from "node:https";
import tls from "node:tls";
import { type Address, pinned, publicAddresses, resolveBySystem } from "../egress/address.ts";

/** Where an export goes. */
export interface Sink {
  readonly kind: "webhook" | "syslog";
  /** `https://host/path`, or `host:port` */
  readonly address: string;
  /** PEM; null: public authorities */
  readonly authority: string | null;
  /** Webhook: the key of the signature. */
  readonly key: Uint8Array | null;
}

/**
 * One part: lines in the chain's order. Sent again after a crash it holds the same events under the same `id`; a head may have got its
 * root meanwhile.
 */
export interface Delivery {
  readonly id: string;
  readonly contentType: string;
  readonly lines: readonly {
    readonly position: number;
    readonly at: string;
    readonly action: string;
    readonly text: string;
  }[];
  readonly workspaceId: string;
}

/** Finds the addresses that a collector may have; what is not public is refused (SSRF). */
export type FindAddresses = (host: string) => Promise<readonly Address[]>;
export const findPublicAddresses: FindAddresses = (host) => publicAddresses(host, resolveBySystem);

/** A collector that did not take a delivery. Carries a code alone. */
export class PushError extends Error {
  override readonly name = "PushError";
  readonly code: "SINK_UNREACHABLE" | "SINK_REFUSED";

  constructor(code: "SINK_UNREACHABLE" | "SINK_REFUSED") {
    super(code === "SINK_REFUSED" ? "the collector refused the delivery" : "the collector cannot be reached");
    this.code = code;
  }
}

const TIMEOUT_MS = 30_000;

/**
 * Delivers one part and waits until the collector has it.
 *
 * - webhook: a POST with `Idempotency-Key` and `Bulkhead-Signature: v1=<hex of HMAC-SHA256 over the body>`; a 2xx counts
 * - syslog: RFC 5424 over TLS (RFC 5425), each message with its position as structured data; a clean close counts
 *
 * @throws {PushError | EgressError}
 */
export async function push(
  sink: Sink,
  delivery: Delivery,
  find: FindAddresses = findPublicAddresses,
): Promise<void> {
  await (sink.kind === "webhook" ? postWebhook : sendSyslog)(sink, delivery, find);
}

async function postWebhook(sink: Sink, delivery: Delivery, find: FindAddresses): Promise<void> {
  const url = new URL(sink.address);
  const addresses = await find(bare(url.hostname));
  const body = Buffer.from(delivery.lines.map((line) => `${line.text}\n`).join(""));
  const request = https.request(url, {
    method: "POST",
    lookup: pinned(addresses),
    ...(sink.authority ? { ca: sink.authority } : {}),
    agent: false,
    timeout: TIMEOUT_MS,
    headers: {
      "content-type": delivery.contentType,
      "content-length": body.length,
      "idempotency-key": delivery.id,
      ...(sink.key
        ? { "bulkhead-signature": `v1=${createHmac("sha256", sink.key).update(body).digest("hex")}` }
        : {}),
    },
  });
  request.on("timeout", () => request.destroy(new Error()));
  const status = await new Promise<number>((resolve, reject) => {
    request.on("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on("error", () => reject(new PushError("SINK_UNREACHABLE")));
    request.end(body);
  });
  // A redirect is not followed: it would lead past the address check.
  if (status < 200 || status > 299)
    throw new PushError(status >= 500 || status === 429 ? "SINK_UNREACHABLE" : "SINK_REFUSED");
}

async function sendSyslog(sink: Sink, delivery: Delivery, find: FindAddresses): Promise<void> {
  const at = sink.address.lastIndexOf(":");
  const host = bare(sink.address.slice(0, at));
  const addresses = await find(host);
  const socket = tls.connect({
    host: addresses[0]!.address,
    port: Number(sink.address.slice(at + 1)),
    ...(/^[\d.:]+$/.test(host) ? {} : { servername: host }),
    checkServerIdentity: (_name, certificate) => tls.checkServerIdentity(host, certificate),
    ...(sink.authority ? { ca: sink.authority } : {}),
  });
  try {
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error()));
    await once(socket, "secureConnect");
    socket.resume();
    socket.end(Buffer.concat(delivery.lines.map((line) => frame(line, delivery.workspaceId))));
    await once(socket, "close");
    if (socket.errored) throw socket.errored;
  } catch {
    throw new PushError("SINK_UNREACHABLE");
  } finally {
    socket.destroy();
  }
}

/** Facility 13 (log audit), severity 6 (informational). The number of bytes stands before the message (RFC 6587, 5425). */
function frame(line: Delivery["lines"][number], workspaceId: string): Buffer {
  const data = `[bulkhead@32473 position="${line.position}" workspace="${workspaceId}"]`;
  const message = Buffer.from(
    `<110>1 ${line.at} - bulkhead - ${line.action.slice(0, 32)} ${data} \uFEFF${line.text}`,
  );
  return Buffer.concat([Buffer.from(`${message.length} `), message]);
}

const bare = (host: string) => host.replace(/^\[|\]$/g, "");
