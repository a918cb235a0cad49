const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x3e;
const FROM = [0x46, 0x72, 0x6f, 0x6d, 0x20]; // "From "

/** Longest prefix of a line that is examined, so that one endless line costs nothing. */
const SEPARATOR_PREFIX = 256;

/**
 * `From <sender> <asctime date>`: the sender may be `-` (Thunderbird), the date may carry a zone (takeout archives).
 * Prose such as "From Monday on, …" has no time of day behind its date and so does not match.
 */
const SEPARATOR =
  /^From \S+ +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +(?:(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d{1,2}|\d{1,2} +(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d{4}) +\d{1,2}:\d{2}/;

/**
 * Splits an mbox (mboxrd, mboxo; CRLF or LF) into its messages, with the `>From ` quoting undone. Bytes that do not
 * begin with a `From ` separator line are one message and come back untouched.
 *
 * A separator counts only at the start or after a blank line, and only when shaped `From sender weekday month day
 * time`, so that a paragraph of a letter that begins with "From " does not cut the letter in two.
 *
 * Never throws; linear in the input. Blank input and empty messages give nothing.
 *
 * @see RFC 4155 and the "mboxrd" format
 */
export function splitMbox(bytes: Uint8Array): Uint8Array[] {
  const start = skipBlankLines(bytes);
  if (start >= bytes.length) return [];
  if (!isSeparator(bytes, start)) return [bytes];

  const messages: Uint8Array[] = [];
  let pieces: Uint8Array[] = [];
  let pieceStart = -1;
  let previousBlank = true;
  let lineStart = start;
  while (lineStart < bytes.length) {
    const found = bytes[lineStart] === LF ? lineStart : bytes.indexOf(LF, lineStart);
    const next = found < 0 ? bytes.length : found + 1;
    if (previousBlank && isSeparator(bytes, lineStart)) {
      if (pieceStart >= 0) pieces.push(bytes.subarray(pieceStart, lineStart));
      keep(messages, pieces);
      pieces = [];
      pieceStart = next;
      previousBlank = false;
    } else if (isQuotedFrom(bytes, lineStart)) {
      pieces.push(bytes.subarray(pieceStart, lineStart));
      pieceStart = lineStart + 1;
      previousBlank = false;
    } else {
      previousBlank = next - lineStart <= 2 && isBlank(bytes, lineStart, next);
    }
    lineStart = next;
  }
  pieces.push(bytes.subarray(pieceStart));
  keep(messages, pieces);
  return messages;
}

function skipBlankLines(bytes: Uint8Array): number {
  let position = 0;
  while (position < bytes.length && (bytes[position] === LF || bytes[position] === CR)) position += 1;
  return position;
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i += 1) if (bytes[i] !== LF && bytes[i] !== CR) return false;
  return true;
}

function startsWithFrom(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === FROM[0] && FROM.every((byte, i) => bytes[at + i] === byte);
}

function isSeparator(bytes: Uint8Array, at: number): boolean {
  if (!startsWithFrom(bytes, at)) return false;
  const prefix = bytes.subarray(at, at + SEPARATOR_PREFIX);
  const end = prefix.indexOf(LF);
  return SEPARATOR.test(Buffer.from(end < 0 ? prefix : prefix.subarray(0, end)).toString("latin1"));
}

function isQuotedFrom(bytes: Uint8Array, at: number): boolean {
  let position = at;
  while (bytes[position] === QUOTE) position += 1;
  return position > at && startsWithFrom(bytes, position);
}

/** Joins the pieces of one message, without the one blank line that the format puts before the next separator. */
function keep(messages: Uint8Array[], pieces: Uint8Array[]): void {
  if (pieces.length === 0) return;
  const message = Buffer.concat(pieces);
  let end = message.length;
  if (message[end - 1] === LF) {
    const beforeLast = message[end - 2] === CR ? end - 2 : end - 1;
    if (beforeLast === 0 || message[beforeLast - 1] === LF) end = beforeLast;
  }
  const trimmed = new Uint8Array(message.subarray(0, end));
  if (skipBlankLines(trimmed) < trimmed.length) messages.push(trimmed);
}
