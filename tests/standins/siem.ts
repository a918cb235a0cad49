import { createHmac, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import https from "node:https";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import tls from "node:tls";

/** A collector: what it was sent, and what it kept. */
export interface Siem {
  /** `https://127.0.0.1:port/events`, or `127.0.0.1:port`. */
  readonly address: string;
  /** Its own authority, in PEM. */
  readonly authority: string;
  /** Every line that came in, twice or not. */
  readonly received: { readonly position: number | null; readonly text: string }[];
  /** Each once, in order: a webhook by idempotency key, syslog by position. */
  readonly kept: string[];
  /** How often deliveries are to be refused, with which status (webhook). */
  refuse: { times: number; status: number };
  /** Called after a delivery was kept and before it is acknowledged. */
  onKept: (() => void | Promise<void>) | undefined;
  stop(): Promise<void>;
}

/** A webhook collector, as SIEMs' HTTP event collectors are: it checks the signature and drops a key that it has seen. */
export async function startWebhookSiem(key: Uint8Array): Promise<Siem> {
  const { cert, privateKey } = certificate();
  const seen = new Set<string>();
  const server = https.createServer({ cert, key: privateKey }, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const expected = Buffer.from(`v1=${createHmac("sha256", key).update(body).digest("hex")}`);
    const given = Buffer.from(String(request.headers["bulkhead-signature"] ?? ""));
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      return void response.writeHead(401).end();
    if (siem.refuse.times > 0) {
      siem.refuse.times--;
      return void response.writeHead(siem.refuse.status).end();
    }
    const lines = body.toString().trimEnd().split("\n");
    siem.received.push(...lines.map((text) => ({ position: null, text })));
    const id = String(request.headers["idempotency-key"]);
    if (!seen.has(id)) {
      seen.add(id);
      siem.kept.push(...lines);
    }
    await siem.onKept?.();
    response.writeHead(202).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const siem = collector(`https://127.0.0.1:${(server.address() as AddressInfo).port}/events`, cert, () => {
    server.closeAllConnections();
    server.close();
  });
  return siem;
}

/** A syslog collector over TLS (RFC 5425): it counts bytes, reads the position, and drops what it has. */
export async function startSyslogSiem(): Promise<Siem> {
  const { cert, privateKey } = certificate();
  let last = 0;
  const server = tls.createServer({ cert, key: privateKey }, (socket) => {
    const chunks: Buffer[] = [];
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("end", async () => {
      let rest = Buffer.concat(chunks);
      while (rest.length > 0) {
        const space = rest.indexOf(" ");
        const length = Number(rest.subarray(0, space).toString());
        const message = rest.subarray(space + 1, space + 1 + length).toString();
        rest = rest.subarray(space + 1 + length);
        const match =
          /^<110>1 \S+ - bulkhead - \S+ \[bulkhead@32473 position="(\d+)" workspace="[\w-]+"\] \uFEFF(.*)$/s.exec(
            message,
          );
        if (!match) throw new Error(`not RFC 5424: ${message.slice(0, 80)}`);
        const position = Number(match[1]);
        siem.received.push({ position, text: match[2]! });
        if (position > last) {
          last = position;
          siem.kept.push(match[2]!);
        }
      }
      await siem.onKept?.();
      socket.end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const siem = collector(`127.0.0.1:${(server.address() as AddressInfo).port}`, cert, () => server.close());
  return siem;
}

function collector(address: string, authority: string, close: () => void): Siem {
  return {
    address,
    authority,
    received: [],
    kept: [],
    refuse: { times: 0, status: 503 },
    onKept: undefined,
    async stop() {
      close();
    },
  };
}

/** A certificate of its own for 127.0.0.1, good for a day. */
function certificate(): { cert: string; privateKey: string } {
  const directory = mkdtempSync(path.join(os.tmpdir(), "bulkhead-siem-"));
  const [keyFile, certFile] = [path.join(directory, "key.pem"), path.join(directory, "cert.pem")];
  execFileSync("openssl", [
    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=siem",
    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", keyFile, "-out", certFile,
  ], { stdio: "ignore" }); // prettier-ignore
  return { cert: readFileSync(certFile, "utf8"), privateKey: readFileSync(keyFile, "utf8") };
}
