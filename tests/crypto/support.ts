import { inspect } from "node:util";

/** Splits a compact JWE, lets `change` rewrite its parts and header, and joins it again. */
export function rewrite(
  jwe: string,
  change: (parts: string[], header: Record<string, unknown>) => void,
): string {
  const parts = jwe.split(".");
  const header = headerOf(jwe);
  const before = JSON.stringify(header);
  change(parts, header);
  if (JSON.stringify(header) !== before) parts[0] = Buffer.from(JSON.stringify(header)).toString("base64url");
  return parts.join(".");
}

export function headerOf(jwe: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(jwe.split(".")[0]!, "base64url").toString()) as Record<string, unknown>;
}

/** Every single-bit change of a text's bytes after base64url decoding, written canonically again. */
export function* flippedBits(part: string): Generator<string> {
  const bytes = Buffer.from(part, "base64url");
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const copy = Buffer.from(bytes);
    copy[bit >> 3]! ^= 1 << (bit & 7);
    yield copy.toString("base64url");
  }
}

/** What a call threw; fails when it did not. */
export async function thrownBy(call: () => unknown): Promise<Error & { code?: string }> {
  try {
    await call();
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected a refusal, but the call succeeded");
}

/** Everything that a logger could write of an error. */
export function everythingIn(error: Error): string {
  return [
    error.message,
    error.stack,
    JSON.stringify(error),
    JSON.stringify(error, Object.getOwnPropertyNames(error)),
    inspect(error, { depth: 10, showHidden: true }),
    String(error.cause),
  ].join("\n");
}

/** A key in the forms in which it could leak. */
export function spellings(secret: Uint8Array): string[] {
  const bytes = Buffer.from(secret);
  return [
    bytes.toString("hex"),
    bytes.toString("base64"),
    bytes.toString("base64url"),
    [...bytes].join(","),
    [...bytes].join(", "),
    inspect(bytes).slice(8, 60),
  ];
}
