import { randomBytes } from "node:crypto";
import { blindIndex } from "../crypto/blind_index.ts";
import { sealContent } from "../crypto/content.ts";
import type { UnwrappedKey } from "../crypto/workspace_keys.ts";
import type { Attachment, ParsedMessage } from "./parse_message.ts";
import { threadCandidates } from "./thread.ts";

/** A message as it is stored: ciphertext, keyed hashes, and what a list sorts by. */
export interface SealedMessage {
  readonly id: string;
  readonly messageIdHash: Buffer;
  /** Of the messages that it answers, nearest first. */
  readonly candidateHashes: Buffer[];
  readonly sentAt: Date | null;
  /** bytes, as received */
  readonly size: number;
  readonly subject: string;
  readonly body: string;
  readonly attachments: { id: string; size: number; content: string }[];
}

/** The keys of one workspace. */
export interface SealingKeys {
  readonly content: UnwrappedKey;
  readonly index: UnwrappedKey;
}

/** Bytes of one body's content. A larger one could not be sent to who reads it. */
const maxBodyBytes = 16 << 20;

/**
 * Seals a message's parts, each under a content key of its own and bound to its row: what a list shows (`mail.subject`),
 * the body (`mail.body`) and each attachment (`mail.attachment`).
 *
 * @returns null when the body is too large
 */
export async function sealMessage(
  workspaceId: string,
  keys: SealingKeys,
  message: ParsedMessage,
): Promise<SealedMessage | null> {
  const id = uuidV7();
  const attachments = message.attachments.map((attachment) => ({ id: uuidV7(), attachment }));
  const { subject, from, to, cc, replyTo, text, html, autoSubmitted, warnings } = message;
  const listed = attachments.map(({ id, attachment: { content: _content, ...described } }) => ({
    id,
    ...described,
  }));
  const body = Buffer.from(
    JSON.stringify({ text, html, replyTo, autoSubmitted, warnings, attachments: listed }),
  );
  if (body.length > maxBodyBytes) return null;
  const seal = (kind: string, row: string, content: string | Uint8Array) =>
    sealContent(keys.content, { workspaceId, kind, id: row }, content);
  const hash = (messageId: string) => blindIndex(keys.index, "mail.message_id", normalised(messageId));
  return {
    id,
    messageIdHash: hash(message.messageId),
    candidateHashes: threadCandidates(message).map(hash),
    sentAt: message.sentAt,
    size: message.size,
    subject: await seal("mail.subject", id, JSON.stringify({ subject, from, to, cc })),
    body: await seal("mail.body", id, body),
    attachments: await Promise.all(
      attachments.map(async ({ id, attachment }) => ({
        id,
        size: attachment.size,
        content: await seal("mail.attachment", id, attachmentContent(attachment)),
      })),
    ),
  };
}

/** The part before the `@` is the sender's own; domains are the same in either case, and gateways change it. */
function normalised(messageId: string): string {
  const at = messageId.lastIndexOf("@");
  return at < 0 ? messageId : messageId.slice(0, at) + messageId.slice(at).toLowerCase();
}

/** Length of the description (4 bytes, big-endian), the description in JSON, the bytes. */
function attachmentContent({ content, ...described }: Attachment): Uint8Array {
  const head = Buffer.from(JSON.stringify(described));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, content]);
}

/** RFC 9562, section 5.7. Made here and not in the database, because a ciphertext is bound to its row's id. */
function uuidV7(): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
