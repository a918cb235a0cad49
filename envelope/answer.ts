import { type ReplyKey, openReply, sealReply } from "./reply.ts";

/**
 * Plaintext bytes of one chunk. Postgres carries notifications of less than 8,000 bytes: base64url adds a third, header
 * and numbering about 350.
 */
const CHUNK_BYTES = 5_600;
/** How a notification begins: call, index, count. */
const NOTICE = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(\d{1,5})\.(\d{1,5})\.(?=.)/s;

/** One notification, taken apart. Nothing of it is authenticated until {@link openNotice} has opened it. */
export type Notice = {
  readonly call: string;
  /** from 0 */
  readonly index: number;
  readonly count: number;
  readonly jwe: string;
};

/** What comes back for a call: bytes, or a code that says why there are none. */
export type Answer = { readonly bytes: Uint8Array } | { readonly failure: string };

const CHANNEL_PREFIX = "sealed_";
/** Characters of every channel's name. */
export const CHANNEL_LENGTH = CHANNEL_PREFIX.length + 32;

/** The notification channel of an API process. */
export function channelOf(callerId: string): string {
  return `${CHANNEL_PREFIX}${callerId.replaceAll("-", "")}`;
}

/**
 * Seals an answer as notifications, each a JWE of its own, bound to its place in the answer.
 *
 * Why not one JWE in pieces: every database login can notify every channel. A forged piece would spoil the whole, and
 * the pieces of an answer that never opens would have to be held in memory. So each piece is authenticated as it comes.
 */
export function sealAnswer(key: ReplyKey, caller: string, call: string, answer: Answer): string[] {
  const whole =
    "bytes" in answer ? Buffer.concat([Buffer.of(0), answer.bytes]) : Buffer.from(`\u0001${answer.failure}`);
  const count = Math.ceil(whole.length / CHUNK_BYTES);
  return Array.from({ length: count }, (_, index) => {
    const chunk = whole.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
    return `${call}.${index}.${count}.${sealReply(key, place(caller, call, index, count), chunk)}`;
  });
}

/** Takes a notification apart, or says that it is none of ours. */
export function readNotice(payload: string): Notice | undefined {
  const match = NOTICE.exec(payload);
  if (!match) return undefined;
  const jwe = payload.slice(match[0].length);
  const notice = { call: match[1]!, index: Number(match[2]), count: Number(match[3]), jwe };
  return notice.index < notice.count ? notice : undefined;
}

/**
 * Opens one notification: its chunk of the answer, from the worker and for this place.
 *
 * @throws {SealedError} as `openReply`
 */
export function openNotice(key: ReplyKey, caller: string, notice: Notice): Uint8Array {
  return openReply(key, place(caller, notice.call, notice.index, notice.count), notice.jwe);
}

/** Puts the opened chunks together again. */
export function joinAnswer(chunks: readonly Uint8Array[]): Answer {
  const whole = Buffer.concat(chunks);
  return whole[0] === 0 ? { bytes: whole.subarray(1) } : { failure: whole.subarray(1).toString() };
}

function place(caller: string, call: string, index: number, count: number) {
  return { caller, call: `${call}.${index}.${count}` };
}
