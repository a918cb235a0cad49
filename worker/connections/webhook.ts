import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { grantHash } from "./sealing.ts";

/** What a webhook of a provider turned out to be. */
export interface Judged {
  /** `GENUINE`, `SIGNATURE_INVALID`, `SECRET_MISSING`, `MALFORMED`, `TOO_OLD` */
  readonly verdict: string;
  /** The provider's name for it, for example `grant.expired`. */
  readonly trigger: string;
  readonly eventHash: Buffer | null;
  /** Whose grant it names. */
  readonly grant: Buffer | null;
  /** Whether the provider says that this grant is over. */
  readonly endsGrant: boolean;
  /** When the provider says that it was. */
  readonly occurredAt: Date | null;
}

/** What the API sealed: the header as it came, and the body's bytes in base64. */
export interface SealedWebhook {
  readonly signature: string;
  readonly body: string;
}

const NAME = /^[a-z][a-z_.]{0,60}$/;
const ENDS = new Set(["grant.expired", "grant.deleted"]);
/** Longer than the provider tries, shorter than what was taken is remembered: no replay falls between the two. */
const MAX_AGE_MS = 7 * 86_400_000;

/**
 * Judges a webhook of Nylas: HMAC-SHA256 of the body in hex, in `x-nylas-signature`; no time is signed apart from the
 * event's own.
 *
 * @param secrets of the webhook destination; several while one replaces another
 */
export function judgeNylas(
  { signature, body }: SealedWebhook,
  secrets: readonly string[],
  now = Date.now(),
): Judged {
  const bytes = Buffer.from(body, "base64");
  const event = parse(bytes);
  const { id, type, time } = event;
  const object = (event.data as { object?: { grant_id?: unknown } } | undefined)?.object;
  const grantId = object?.grant_id;
  const judged = (verdict: string): Judged => ({
    verdict,
    trigger: typeof type === "string" && NAME.test(type) ? type : "unknown",
    eventHash:
      typeof id === "string" && id !== "" && id.length <= 300
        ? createHash("sha256").update(id).digest()
        : null,
    grant: typeof grantId === "string" && grantId.length <= 64 ? grantHash("nylas", grantId) : null,
    endsGrant: ENDS.has(String(type)),
    occurredAt: typeof time === "number" && time > 0 && time < 1e11 ? new Date(time * 1000) : null,
  });
  if (secrets.length === 0) return judged("SECRET_MISSING");
  const genuine = secrets.some((secret) => {
    const expected = createHmac("sha256", secret).update(bytes).digest();
    const given = Buffer.from(/^[0-9a-f]{64}$/i.test(signature) ? signature : "", "hex");
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!genuine) return judged("SIGNATURE_INVALID");
  const found = judged("GENUINE");
  if (!found.eventHash || !found.occurredAt) return judged("MALFORMED");
  if (Math.abs(now - found.occurredAt.getTime()) > MAX_AGE_MS) return judged("TOO_OLD");
  return found;
}

function parse(bytes: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
