import { type Answer, joinAnswer, openNotice, readNotice } from "../../envelope/answer.ts";
import type { ReplyKey } from "../../envelope/reply.ts";
import { SealedCallError } from "./types.ts";
import type { SealedCallErrorCode } from "./types.ts";

/** Who answers a call. */
export type AskedService = "opener" | "identity";

/** How this process is known to the worker at the moment: its id and the key agreed for it. */
export interface Registration {
  readonly callerId: string;
  readonly key: ReplyKey;
}

export interface PendingLimits {
  /** ms until a call is given up */
  readonly timeoutMs: number;
  /** Calls that wait at once. */
  readonly maxPending: number;
  /** Bytes of one answer. */
  readonly maxAnswerBytes: number;
  /** Bytes of all unfinished answers together. */
  readonly maxBytes: number;
}

/** How many notifications were passed over. Anybody with a database login can send some: they cost time, never trust. */
export interface IgnoredNotices {
  /** Not of our shape. */
  garbage: number;
  /** Does not open with the worker's key, at its place. */
  forged: number;
  /** A chunk that is here already. */
  duplicate: number;
  /** Genuine, but nobody waits any more. */
  late: number;
}

interface Entry {
  readonly service: AskedService | null;
  readonly since: number;
  readonly deadline: number;
  readonly settle: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | null;
  chunks: (Uint8Array | undefined)[];
  received: number;
  bytes: number;
}

/** An answer may overtake the statement that asked for it; it is kept this long for whoever comes to wait, in ms. */
const EARLY_MS = 5_000;
const MAX_EARLY = 1_000;

/** The calls that wait for an answer, and the chunks of answers that are not whole yet. All of it bounded. */
export function createPendingCalls(limits: PendingLimits) {
  const entries = new Map<string, Entry>();
  const ignored: IgnoredNotices = { garbage: 0, forged: 0, duplicate: 0, late: 0 };
  let waiting = 0;
  let held = 0;

  function remove(call: string, entry: Entry): void {
    if (entries.get(call) !== entry) return;
    entries.delete(call);
    held -= entry.bytes;
    if (entry.settle) waiting -= 1;
  }

  function fail(call: string, error: Error): void {
    const entry = entries.get(call);
    if (!entry) return;
    remove(call, entry);
    entry.settle?.reject(error);
  }

  const reject = (call: string, code: SealedCallErrorCode) => fail(call, new SealedCallError(code));

  function open(settle: Entry["settle"], service: AskedService | null, forMs: number): Entry {
    const since = Date.now();
    return { service, since, deadline: since + forMs, settle, chunks: [], received: 0, bytes: 0 };
  }

  function finishIfWhole(call: string, entry: Entry): void {
    if (!entry.settle || entry.received === 0 || entry.received < entry.chunks.length) return;
    remove(call, entry);
    entry.settle.resolve(joinAnswer(entry.chunks as Uint8Array[]));
  }

  return {
    ignored: ignored as Readonly<IgnoredNotices>,

    get waiting(): number {
      return waiting;
    },

    /** Whether one more call may wait. */
    hasRoom(): boolean {
      return waiting < limits.maxPending;
    },

    /** Waits for the answer to a call. */
    wait(call: string, service: AskedService): Promise<Answer> {
      return new Promise((resolve, reject) => {
        const early = entries.get(call);
        const entry = open({ resolve, reject }, service, limits.timeoutMs);
        if (early && !early.settle)
          Object.assign(entry, { chunks: early.chunks, received: early.received, bytes: early.bytes });
        entries.set(call, entry);
        waiting += 1;
        finishIfWhole(call, entry);
      });
    },

    /** Takes one notification. Whatever is wrong with it, nothing happens but that it is counted. */
    receive(registration: Registration, payload: string): void {
      const notice = readNotice(payload);
      if (!notice) return void (ignored.garbage += 1);
      let entry = entries.get(notice.call);
      if (entry?.chunks[notice.index]) return void (ignored.duplicate += 1);
      let chunk: Uint8Array;
      try {
        chunk = openNotice(registration.key, registration.callerId, notice);
      } catch {
        return void (ignored.forged += 1);
      }
      if (!entry) {
        if (entries.size - waiting >= MAX_EARLY) return void (ignored.late += 1);
        entry = open(null, null, EARLY_MS);
        entries.set(notice.call, entry);
      }
      if (entry.received === 0) entry.chunks = Array.from({ length: notice.count });
      // The worker alone can say so: it would be two answers to one call.
      if (entry.chunks.length !== notice.count) return void (ignored.duplicate += 1);
      entry.chunks[notice.index] = chunk;
      entry.received += 1;
      entry.bytes += chunk.length;
      held += chunk.length;
      if (entry.bytes > limits.maxAnswerBytes || held > limits.maxBytes) {
        if (entry.settle) reject(notice.call, "SEALED_OVERLOADED");
        else remove(notice.call, entry);
        return;
      }
      finishIfWhole(notice.call, entry);
    },

    /** Ends the wait for one answer. */
    fail,

    /** Gives up what has waited too long. */
    expire(): void {
      const now = Date.now();
      for (const [call, entry] of entries) {
        if (entry.deadline > now) continue;
        if (!entry.settle) ignored.late += entry.received;
        remove(call, entry);
        entry.settle?.reject(new SealedCallError("SEALED_TIMEOUT"));
      }
    },

    /** The services that some call has waited for longer than `ms` without a sign of an answer. */
    silent(ms: number): Set<AskedService> {
      const before = Date.now() - ms;
      const services = new Set<AskedService>();
      for (const { service, since, received } of entries.values())
        if (service && received === 0 && since <= before) services.add(service);
      return services;
    },

    /** Fails every waiting call, or those of one service that have no chunk yet. */
    rejectAll(code: SealedCallErrorCode, service?: AskedService): void {
      for (const [call, entry] of entries)
        if (service === undefined || (entry.service === service && entry.received === 0)) reject(call, code);
    },
  };
}

export type PendingCalls = ReturnType<typeof createPendingCalls>;
