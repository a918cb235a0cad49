const LF = 0x0a;
const CR = 0x0d;

/** One header field: name in lower case, value unfolded and decoded to text (encoded words still encoded). */
export type HeaderField = { name: string; value: string };

/** The header of a message. `bodyStart` is an offset into the raw bytes; `warnings` are codes. */
export type HeaderBlock = { fields: HeaderField[]; bodyStart: number; warnings: string[] };

export type HeaderLimits = { maxHeaderBytes: number; maxHeaders: number };

/** Fields by which we recognise a mail at all, and tell a header line from a line of text with a colon. */
const KNOWN =
  /^(?:from|to|cc|bcc|subject|date|message-id|mime-version|content-[a-z-]+|references|in-reply-to|reply-to|received|return-path|sender|delivered-to|list-[a-z-]+|dkim-signature|auto-submitted|x-[a-z0-9-]+)[ \t]*:/i;
const FIELD = /^([!-9;-~]{1,200})[ \t]*:/;

type Line = { start: number; end: number; text: string };

/**
 * Reads the header of a message from raw bytes and mends what real mail gets wrong, so that the parser behind sees a
 * well-formed one: a byte-order mark, blank lines or a `From ` line before it; folded lines that lost their indentation;
 * no blank line before the body; bytes outside ASCII that are not UTF-8 (read as the body's charset, else windows-1252).
 *
 * @returns the header; `"too large"` beyond the limits; `"none"` when nothing in it is a known mail header
 */
export function readHeaderBlock(raw: Uint8Array, limits: HeaderLimits): HeaderBlock | "too large" | "none" {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const {
    lines,
    bodyStart: blankEnd,
    overflow,
  } = readLines(bytes, skipPrelude(bytes), limits.maxHeaderBytes);
  const lastKnown = lines.findLastIndex((line) => KNOWN.test(line.text));
  if (lastKnown < 0) return overflow && lines.some((line) => FIELD.test(line.text)) ? "too large" : "none";

  const warnings = new Set<string>();
  const groups: { name: string; chunks: Buffer[] }[] = [];
  let bodyStart = blankEnd;
  let complete = !overflow;
  for (const [index, line] of lines.entries()) {
    const content = bytes.subarray(line.start, line.end);
    const current = groups[groups.length - 1];
    const name = FIELD.exec(line.text)?.[1];
    if (current && /^[ \t]/.test(line.text)) current.chunks.push(content);
    else if (name !== undefined) {
      if (groups.length >= limits.maxHeaders) return "too large";
      groups.push({ name: name.toLowerCase(), chunks: [content.subarray(line.text.indexOf(":") + 1)] });
    } else if (index < lastKnown) {
      warnings.add("HEADER_LINE_MALFORMED");
      current?.chunks.push(Buffer.from(" "), content);
    } else {
      warnings.add("HEADER_SEPARATOR_MISSING");
      bodyStart = line.start;
      complete = true;
      break;
    }
  }
  if (!complete) return "too large";

  const type = groups.find((group) => group.name === "content-type");
  const charset =
    type && /charset\*?=\s*"?([\w.:-]{2,40})/i.exec(Buffer.concat(type.chunks).toString("latin1"))?.[1];
  const fields = groups.map(({ name, chunks }) => ({
    name,
    value: decode(Buffer.concat(chunks), charset, warnings),
  }));
  return { fields, bodyStart, warnings: [...warnings] };
}

function skipPrelude(bytes: Buffer): number {
  let position = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (bytes[position] === LF || bytes[position] === CR) position += 1;
  const first = bytes.toString("latin1", position, position + 6);
  if (first.startsWith("From ") || first.startsWith(">From ")) {
    const end = bytes.indexOf(LF, position);
    position = end < 0 ? bytes.length : end + 1;
  }
  return position;
}

/** The lines up to the first blank one, or up to the limit. */
function readLines(bytes: Buffer, from: number, limit: number) {
  const lines: Line[] = [];
  let start = from;
  while (start < bytes.length) {
    if (start - from > limit) return { lines, bodyStart: start, overflow: true };
    const found = bytes.indexOf(LF, start);
    const next = found < 0 ? bytes.length : found + 1;
    let end = found < 0 ? bytes.length : found;
    if (bytes[end - 1] === CR && end > start) end -= 1;
    if (end === start) return { lines, bodyStart: next, overflow: false };
    lines.push({ start, end, text: bytes.toString("latin1", start, Math.min(end, start + 210)) });
    start = next;
  }
  return { lines, bodyStart: bytes.length, overflow: start - from > limit };
}

/**
 * A lone CR or a NUL inside a field becomes a space: passed on, a CR would be a line of its own to whoever writes the
 * value out again, and NUL is refused by Postgres.
 */
function decode(bytes: Buffer, charset: string | undefined, warnings: Set<string>): string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    warnings.add("HEADER_NOT_UTF8");
    text = decoderFor(charset).decode(bytes);
  }
  // oxlint-disable-next-line no-control-regex -- these control characters are what is replaced
  const clean = text.replace(/[\u0000\r\n]+/g, " ");
  if (clean !== text) warnings.add("HEADER_CONTROL_CHARACTER");
  return clean.trim();
}

function decoderFor(charset: string | undefined): TextDecoder {
  try {
    return new TextDecoder(/^utf-?8$/i.test(charset ?? "utf-8") ? "windows-1252" : charset);
  } catch {
    return new TextDecoder("windows-1252");
  }
}
