import { randomUUID } from "node:crypto";
import { sealSecret } from "../../envelope/secret.ts";
import { limit } from "../auth/rate_limit.ts";
import { plain } from "../auth/respond.ts";
import { ConnectionRouteError } from "./errors.ts";
import type { ConnectionContext } from "./types.ts";

/** Which header a provider's signature stands in. Those that send webhooks are here, and no other. */
const SIGNATURE_HEADER: Readonly<Record<string, string>> = { nylas: "x-nylas-signature" };
const CHALLENGE = /^[\w.~-]{1,200}$/;
const MAX_BYTES = 256 * 1024;

/**
 * `POST /webhooks/<provider>`: what a provider says by itself. This process holds no key to check it with, so body and
 * signature go on sealed, byte for byte, and the worker judges them. Answered at once, whatever the verdict will be.
 */
export async function webhook(context: ConnectionContext): Promise<void> {
  const { request, response, pool, config, provider } = context;
  const header = headerOf(provider);
  await limit(context, "webhook");
  const signature = request.headers[header];
  if (typeof signature !== "string" || signature.length > 1000)
    throw new ConnectionRouteError("REQUEST_MALFORMED");
  const body = await readBytes(request);
  const id = randomUUID();
  const sealed = sealSecret(
    config.workerPublicKeys.intake[0]!,
    { purpose: "webhook", provider, id },
    JSON.stringify({ signature, body: body.toString("base64") }),
  );
  const { rows } = await pool.query<{ taken: boolean }>(
    "select session.submit_webhook($1, $2, $3) as taken",
    [id, provider, sealed],
  );
  if (!rows[0]!.taken) throw new ConnectionRouteError("WEBHOOKS_FULL");
  plain(response, 200, "");
}

/** `GET /webhooks/<provider>?challenge=`: the provider asks whether the address is ours before it sends anything. */
export async function webhookChallenge(context: ConnectionContext): Promise<void> {
  const { url, response, provider } = context;
  headerOf(provider);
  await limit(context, "webhook");
  const challenge = url.searchParams.get("challenge") ?? "";
  if (!CHALLENGE.test(challenge)) throw new ConnectionRouteError("REQUEST_MALFORMED");
  plain(response, 200, challenge);
}

function headerOf(provider: string): string {
  if (!Object.hasOwn(SIGNATURE_HEADER, provider)) throw new ConnectionRouteError("NOT_FOUND");
  return SIGNATURE_HEADER[provider]!;
}

async function readBytes(request: ConnectionContext["request"]): Promise<Buffer> {
  const tooLarge = () => new ConnectionRouteError("WEBHOOK_TOO_LARGE");
  if (Number(request.headers["content-length"] ?? 0) > MAX_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
