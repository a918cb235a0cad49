import { readFileSync } from "node:fs";
import {
  isParseFailure,
  parseMessage,
  type ParsedMessage,
  type ParseLimits,
} from "../../worker/mail/parse_message.ts";

/** Noon of the day that the tests take for today, so that no date ages out of the sane range. */
export const NOW = Date.UTC(2026, 4, 1, 12);

/** The bytes of a file under `demo/messages/`. */
export function demoBytes(path: string): Uint8Array {
  return readFileSync(new URL(`../../demo/messages/${path}`, import.meta.url));
}

/** Parses bytes that must be readable. */
export async function readable(
  raw: Uint8Array | string,
  limits: Partial<ParseLimits> = {},
): Promise<ParsedMessage> {
  const result = await parseMessage(typeof raw === "string" ? Buffer.from(raw) : raw, {
    now: NOW,
    ...limits,
  });
  if (isParseFailure(result)) throw new Error(result.code);
  return result;
}
