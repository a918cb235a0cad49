import { addressParser, decodeWords, type Attachment as PostalAttachment } from "postal-mime";
import { MimeBombError, parseBounded, type BoundedEmail } from "./bounded_parser.ts";
import { readHeaderBlock, type HeaderField } from "./header_block.ts";
import { htmlToText } from "./html_to_text.ts";
import { generatedMessageId, messageIds } from "./message_ids.ts";
import { sentAt } from "./sent_at.ts";

/** A mailbox as the header gives it. `name` is empty when the header has none. Nothing here is verified. */
export type Address = { name: string; address: string };

/**
 * One attachment. `size` is in bytes, after the transfer encoding is undone. `filename` is a bare name for display: no
 * folders, no control or text-direction characters (a right-to-left override makes an `.exe` show as a PDF). `contentType` is the
 * sender's claim. Unencoded text attachments have LF line ends.
 */
export type Attachment = {
  filename: string | null;
  contentType: string;
  size: number;
  contentId: string | null;
  disposition: string | null;
  content: Uint8Array;
};

/**
 * A message as plain data. All strings are well-formed Unicode without NUL.
 *
 * - `messageId`, `inReplyTo`, `references`: without angle brackets; written by the sender, so not proof of anything.
 *   `messageId` is `<sha256>@missing.invalid` when the header is absent or unusable.
 * - `text`: always filled when there is anything to read; derived from `html` when the message has no text part.
 * - `html`: as received. It is NOT sanitised: it may carry scripts, remote images and forms, and whoever shows it must
 *   sanitise it first.
 * - `sentAt`: the sender's clock; null when unreadable or incredible.
 * - `size`: bytes of the raw message.
 * - `autoSubmitted`: written by a machine (auto-reply, bounce, bulk); must not be answered automatically.
 * - `warnings`: codes of what was odd; never content.
 */
export type ParsedMessage = {
  messageId: string;
  inReplyTo: string | null;
  references: string[];
  subject: string;
  from: Address | null;
  to: Address[];
  cc: Address[];
  replyTo: Address[];
  sentAt: Date | null;
  text: string;
  html: string | null;
  attachments: Attachment[];
  size: number;
  autoSubmitted: boolean;
  warnings: string[];
};

/** Why a message could not be read. `message` is one fixed sentence a code and never quotes the mail. */
export type ParseFailure = {
  code: "MIME_EMPTY" | "MIME_TOO_LARGE" | "MIME_TOO_DEEP" | "MIME_NO_HEADERS" | "MIME_UNREADABLE";
  message: string;
};

/**
 * Limits of one message. Beyond size, headers, lines, depth and parts it is refused; addresses and references are cut
 * off with a warning. `now` (ms since 1970) is what `sentAt` is judged by.
 */
export type ParseLimits = {
  maxBytes: number;
  maxHeaderBytes: number;
  maxHeaders: number;
  maxLines: number;
  maxDepth: number;
  maxParts: number;
  maxAddresses: number;
  maxReferences: number;
  now: number;
};

const DEFAULT_LIMITS: Omit<ParseLimits, "now"> = {
  maxBytes: 25 * 1024 * 1024,
  maxHeaderBytes: 256 * 1024,
  maxHeaders: 1_000,
  maxLines: 1_000_000,
  maxDepth: 32,
  maxParts: 1_000,
  maxAddresses: 500,
  maxReferences: 200,
};

const FAILURES: Record<ParseFailure["code"], string> = {
  MIME_EMPTY: "the message is empty",
  MIME_TOO_LARGE: "the message, its header or its number of lines is over the limit",
  MIME_TOO_DEEP: "the message has too many parts or nests them too deeply",
  MIME_NO_HEADERS: "the bytes do not begin with the header of a message",
  MIME_UNREADABLE: "the message cannot be read",
};

const MAX_SUBJECT = 2_000;
const MAX_FILENAME = 255;

/** How much HTML is read for its text, in UTF-16 units. Longer mails are long by the images inlined in them. */
const MAX_HTML_READ = 4 * 1024 * 1024;

/** Fields that the parser behind needs; all others are read here, so it never spends time on them. */
const PASSED_ON = /^(?:mime-version|content-[a-z-]+)$/;

/**
 * Parses one raw RFC 5322 message. Never throws and never hangs: what is merely broken comes back as a message with
 * warnings, what is hostile or no mail at all as a failure.
 */
export async function parseMessage(
  raw: Uint8Array,
  limits: Partial<ParseLimits> = {},
): Promise<ParsedMessage | ParseFailure> {
  try {
    return await parse(raw, { ...DEFAULT_LIMITS, now: Date.now(), ...limits });
  } catch (error) {
    return failure(failureCode(error));
  }
}

/** Tells the two outcomes of {@link parseMessage} apart. */
export function isParseFailure(result: ParsedMessage | ParseFailure): result is ParseFailure {
  return "code" in result;
}

async function parse(raw: Uint8Array, limits: ParseLimits): Promise<ParsedMessage | ParseFailure> {
  if (raw.length > limits.maxBytes) return failure("MIME_TOO_LARGE");
  if (!raw.some((byte) => byte > 0x20)) return failure("MIME_EMPTY");
  const block = readHeaderBlock(raw, limits);
  if (block === "too large") return failure("MIME_TOO_LARGE");
  if (block === "none") return failure("MIME_NO_HEADERS");

  const { fields } = block;
  const warnings = new Set(block.warnings);
  const { email, ...structure } = await parseBody(raw, fields, block.bodyStart, limits, warnings);
  for (const warning of structure.warnings) warnings.add(warning);

  for (const name of ["from", "subject", "date", "message-id", "content-type"]) {
    // the first one counts; a second From is how one reader is shown a different sender than another
    if (values(fields, name).length > 1) warnings.add("HEADER_DUPLICATE");
  }
  const [ownId] = messageIds(values(fields, "message-id")[0] ?? "");
  if (ownId === undefined) warnings.add("MESSAGE_ID_MISSING");
  const date = values(fields, "date")[0];
  const sent = date === undefined ? null : sentAt(date, limits.now);
  if (sent === null) warnings.add(date === undefined ? "DATE_MISSING" : "DATE_UNREADABLE");

  const html = email.html === undefined ? null : clean(email.html);
  const written = tidyText(email.text ?? "");
  const text =
    written.trim() === "" && html !== null ? clean(htmlToText(html.slice(0, MAX_HTML_READ))) : written;
  const from = addresses(fields, "from", limits, warnings)[0] ?? null;
  if (from === null) warnings.add("FROM_MISSING");

  return {
    messageId: ownId ?? generatedMessageId(raw),
    inReplyTo: messageIds(values(fields, "in-reply-to")[0] ?? "")[0] ?? null,
    references: references(fields, limits, warnings),
    subject: subject(fields, warnings),
    from,
    to: addresses(fields, "to", limits, warnings),
    cc: addresses(fields, "cc", limits, warnings),
    replyTo: addresses(fields, "reply-to", limits, warnings),
    sentAt: sent,
    text,
    html,
    attachments: email.attachments.map(attachment),
    size: raw.length,
    autoSubmitted: isAutoSubmitted(fields),
    warnings: [...warnings],
  };
}

/**
 * Hands the body on under a header of the few fields that describe it. A multipart without any part (no boundary, or
 * one that never occurs) would lose its body in the parser: it is read as plain text instead.
 */
async function parseBody(
  raw: Uint8Array,
  fields: HeaderField[],
  bodyStart: number,
  limits: ParseLimits,
  warnings: Set<string>,
): Promise<BoundedEmail> {
  const body = raw.subarray(bodyStart);
  const described = fields.filter((field) => PASSED_ON.test(field.name));
  const result = await parseBounded(withHeader(described, body), limits);
  if (!result.hollow) return result;
  warnings.add("MULTIPART_WITHOUT_PARTS");
  return parseBounded(
    withHeader(
      described.filter((field) => field.name !== "content-type"),
      body,
    ),
    limits,
  );
}

function withHeader(fields: HeaderField[], body: Uint8Array): Uint8Array {
  const header = fields.map((field) => `${field.name}: ${field.value}\r\n`).join("");
  return Buffer.concat([Buffer.from(`${header}\r\n`), body]);
}

function failure(code: ParseFailure["code"]): ParseFailure {
  return { code, message: FAILURES[code] };
}

function failureCode(error: unknown): ParseFailure["code"] {
  if (error instanceof MimeBombError) return error.code === "PARTS" ? "MIME_TOO_DEEP" : "MIME_TOO_LARGE";
  const message = error instanceof Error ? error.message : "";
  if (message.startsWith("Maximum MIME nesting depth")) return "MIME_TOO_DEEP";
  if (message.startsWith("Maximum header size")) return "MIME_TOO_LARGE";
  return "MIME_UNREADABLE";
}

function values(fields: HeaderField[], name: string): string[] {
  return fields.filter((field) => field.name === name).map((field) => field.value);
}

/** A References header beyond the limit keeps its root and its nearest ancestors: the middle finds nothing they do not. */
function references(fields: HeaderField[], limits: ParseLimits, warnings: Set<string>): string[] {
  const all = messageIds(values(fields, "references")[0] ?? "");
  if (all.length <= limits.maxReferences) return all;
  warnings.add("REFERENCES_TRUNCATED");
  return [...all.slice(0, 1), ...all.slice(1 - limits.maxReferences)];
}

function subject(fields: HeaderField[], warnings: Set<string>): string {
  const value = line(decodeWords((values(fields, "subject")[0] ?? "").slice(0, 64 * 1024)));
  if (value.length <= MAX_SUBJECT) return value;
  warnings.add("SUBJECT_TRUNCATED");
  return value.slice(0, MAX_SUBJECT).toWellFormed();
}

function addresses(
  fields: HeaderField[],
  name: string,
  limits: ParseLimits,
  warnings: Set<string>,
): Address[] {
  const found: Address[] = [];
  for (const value of values(fields, name)) {
    for (const entry of addressParser(value, { flatten: true })) {
      const address = mailbox(entry.address ?? "", warnings);
      if (address === null) continue;
      if (found.length >= limits.maxAddresses) {
        warnings.add("ADDRESSES_TRUNCATED");
        return found;
      }
      found.push({ name: line(entry.name).slice(0, 500).toWellFormed(), address });
    }
  }
  return found;
}

/** An unclosed quotation mark leaves a name and brackets in the address: the part around the `@` is what was meant. */
function mailbox(written: string, warnings: Set<string>): string | null {
  const address = line(written.slice(0, 1_000));
  if (address === "") return null;
  const [found] = /[^\s<>"(),;:@]{1,64}@[^\s<>"(),;:@]{1,255}/.exec(address) ?? [];
  if (found !== address) warnings.add("ADDRESS_MALFORMED");
  return found ?? null;
}

function attachment(part: PostalAttachment): Attachment {
  const content = typeof part.content === "string" ? Buffer.from(part.content) : new Uint8Array(part.content);
  const name = line(part.filename ?? "")
    .replace(/^.*[\\/]/, "")
    .replace(/[\u202a-\u202e\u2066-\u2069\u200e\u200f]/g, "");
  return {
    filename: name.trim() === "" ? null : name.slice(0, MAX_FILENAME).toWellFormed(),
    contentType: line(part.mimeType).slice(0, 127) || "application/octet-stream",
    size: content.byteLength,
    contentId: messageIds(part.contentId ?? "")[0] ?? null,
    disposition: part.disposition === null ? null : line(part.disposition).slice(0, 40),
    content,
  };
}

/** RFC 3834, and what was in use before it. A mailing list (`Precedence: list`) is written by people. */
function isAutoSubmitted(fields: HeaderField[]): boolean {
  const first = (name: string) => (values(fields, name)[0] ?? "").trim().toLowerCase();
  const auto = first("auto-submitted");
  return (
    (auto !== "" && !/^no\b/.test(auto)) ||
    /^(?:auto_reply|bulk|junk)\b/.test(first("precedence")) ||
    fields.some((field) => /^x-auto(?:reply|respond|responder)$/.test(field.name)) ||
    first("return-path") === "<>" ||
    first("content-type").startsWith("multipart/report")
  );
}

/** One line: control characters become spaces, runs of white space one. */
function line(value: string): string {
  return value
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .toWellFormed();
}

/** Postgres refuses NUL in text and lone surrogates in JSON. */
function clean(value: string): string {
  return value.replaceAll("\u0000", "").toWellFormed();
}

function tidyText(value: string): string {
  const text = clean(value).replace(/\r\n?/g, "\n");
  let end = text.length;
  while (text.charCodeAt(end - 1) === 0x0a) end -= 1;
  return text.slice(0, end);
}
