import { createHash } from "node:crypto";

/** The reserved domain of identifiers that we made for messages without a usable one. */
const GENERATED_DOMAIN = "@missing.invalid";

/** The longest identifier we keep: a header line ends at 998 characters. */
const MAX_LENGTH = 995;

/**
 * The message identifiers in a `Message-ID`, `In-Reply-To` or `References` value, without angle brackets, in order and
 * without repeats. Some mailers write In-Reply-To as prose ("Your message of Tuesday <id>") and some leave the brackets
 * out: then whitespace-separated words with an `@` count.
 *
 * A value that claims one of our own generated identifiers is refused: it would let a sender occupy the identifier of
 * somebody else's message beforehand.
 */
export function messageIds(value: string): string[] {
  const bracketed = [...value.matchAll(/<([^<>]*)>/g)].map((match) => match[1]!.trim());
  const words =
    bracketed.length > 0 ? bracketed : value.split(/[\s,;]+/).filter((word) => word.includes("@"));
  return [...new Set(words.filter(isUsable))];
}

function isUsable(id: string): boolean {
  return id !== "" && id.length <= MAX_LENGTH && !/[\s\p{Cc}]/u.test(id) && !id.endsWith(GENERATED_DOMAIN);
}

/**
 * The identifier of a message that has none: the SHA-256 of its bytes, so that importing the same message again finds
 * it again. Line endings and blank lines at the end do not count, because transports and mbox files change them.
 */
export function generatedMessageId(raw: Uint8Array): string {
  let end = raw.length;
  while (end > 0 && (raw[end - 1] === 0x0a || raw[end - 1] === 0x0d)) end -= 1;
  const canonical = Buffer.allocUnsafe(end);
  let length = 0;
  for (let i = 0; i < end; i += 1) {
    if (raw[i] === 0x0d && raw[i + 1] === 0x0a) continue;
    canonical[length++] = raw[i]!;
  }
  return createHash("sha256").update(canonical.subarray(0, length)).digest("hex") + GENERATED_DOMAIN;
}
