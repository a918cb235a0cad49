import { randomUUID } from "node:crypto";
import type pg from "pg";
import { type Answer, channelOf } from "../../envelope/answer.ts";
import { type PublicKey, generateCallerKey } from "../../envelope/keys.ts";
import { readOpened } from "../../envelope/opened.ts";
import { agree } from "../../envelope/reply.ts";
import { askAll } from "./ask.ts";
import type { Question } from "./ask.ts";
import { createGatherer } from "./gather.ts";
import { createListener } from "./listener.ts";
import { createPendingCalls } from "./pending.ts";
import type { AskedService, IgnoredNotices, Registration } from "./pending.ts";
import { SealedCallError } from "./types.ts";
import type { SealedCalls } from "./types.ts";

export interface SealedCallsOptions {
  /** Connection URL of `bulkhead_api`, for the one connection on which this process asks and hears the answers. */
  readonly databaseUrl: string;
  /** The worker's public reply key, from configuration: what makes an answer the worker's. */
  readonly replyKey: PublicKey;
  /** ms until a call is given up; default 30,000 */
  readonly timeoutMs?: number;
  /** ms of silence after which it is checked whether a worker is there at all; default 1,500 */
  readonly workerDownAfterMs?: number;
  /** Calls that wait at once; default 10,000. */
  readonly maxPending?: number;
  /** Bytes of one answer; default 32 MiB. */
  readonly maxAnswerBytes?: number;
  /** Bytes of all unfinished answers; default 256 MiB. */
  readonly maxBytes?: number;
}

/** A caller's key is used for a day: GCM's random IVs bound the answers under one key. */
const KEY_MS = 24 * 60 * 60 * 1_000;

/** Questions of one burst: a process that is asked more at once works them off in turns. */
const MAX_QUESTIONS = 100;

const presence = `select distinct a.usename::text as login from pg_stat_activity a
  where a.datname = current_database() and a.application_name like 'pool-%' and a.usename = any ($1::text[])`;

/**
 * Registers this process with a key that it makes now and never stores, and listens for answers.
 *
 * @throws when the database cannot be reached at the start; afterwards the connection mends itself
 */
export async function createSealedCalls(
  options: SealedCallsOptions,
): Promise<SealedCalls & { readonly ignored: Readonly<IgnoredNotices> }> {
  const { databaseUrl, replyKey, timeoutMs = 30_000, workerDownAfterMs = 1_500 } = options;
  const { maxPending = 10_000, maxAnswerBytes = 32 << 20, maxBytes = 256 << 20 } = options;
  const pending = createPendingCalls({ timeoutMs, maxPending, maxAnswerBytes, maxBytes });
  /** By channel. The one before the current is kept for answers under way. */
  const registrations = new Map<string, Registration>();
  let current!: Registration;
  let closed = false;

  async function register(client: pg.Client): Promise<void> {
    const own = generateCallerKey();
    const { rows } = await client.query("select sealed.register_caller($1) as id", [own.x]);
    const callerId = rows[0].id as string;
    await client.query(`listen ${client.escapeIdentifier(channelOf(callerId))}`);
    current = { callerId, key: agree(own, replyKey.x, callerId) };
    registrations.set(channelOf(callerId), current);
    for (const channel of [...registrations.keys()].slice(0, -2)) {
      registrations.delete(channel);
      await client.query(`unlisten ${client.escapeIdentifier(channel)}`);
    }
  }

  const listener = await createListener({
    databaseUrl,
    setUp: register,
    onNotification: (channel, payload) => {
      const registration = registrations.get(channel);
      if (registration) pending.receive(registration, payload);
    },
    onLost: () => pending.rejectAll("SEALED_UNAVAILABLE"),
  });

  const ask = createGatherer<Question>(async (questions) => {
    if (listener.client) await askAll(listener.client, questions);
    else questions.forEach(({ fail }) => fail(new SealedCallError("SEALED_UNAVAILABLE")));
  }, MAX_QUESTIONS);

  let checking = false;
  async function failWhereNoWorkerIs(): Promise<void> {
    const services = pending.silent(workerDownAfterMs);
    if (services.size === 0 || checking || !listener.client) return;
    checking = true;
    try {
      const logins = [...services].map((service) => `bulkhead_${service}`);
      const { rows } = await listener.client.query({ name: "presence", text: presence, values: [logins] });
      const there = new Set(rows.map(({ login }) => login as string));
      for (const service of services)
        if (!there.has(`bulkhead_${service}`)) pending.rejectAll("SEALED_WORKER_DOWN", service);
    } catch {
      // The listener finds out by itself that its connection is gone.
    } finally {
      checking = false;
    }
  }
  const sweep = setInterval(
    () => {
      pending.expire();
      void failWhereNoWorkerIs();
    },
    Math.max(20, Math.min(250, timeoutMs / 4, workerDownAfterMs / 4)),
  );
  const renew = setInterval(() => listener.client && register(listener.client).catch(() => {}), KEY_MS);
  sweep.unref();
  renew.unref();

  async function bytesOf(call: string, service: AskedService): Promise<Uint8Array> {
    const answer: Answer = await pending.wait(call, service);
    if ("bytes" in answer) return answer.bytes;
    throw new SealedCallError("SEALED_FAILED");
  }

  function requireReady(): void {
    if (closed || !listener.client) throw new SealedCallError("SEALED_UNAVAILABLE");
    if (!pending.hasRoom()) throw new SealedCallError("SEALED_OVERLOADED");
  }

  async function open(
    question: Pick<Question, "session" | "kind" | "workspaceId" | "ids">,
  ): Promise<Map<string, unknown>> {
    if (question.ids.length === 0) return new Map();
    requireReady();
    const call = randomUUID();
    const answer = bytesOf(call, "opener");
    const fail = (error: unknown) => pending.fail(call, reasonOf(error));
    ask({ call, callerId: current.callerId, ...question, fail });
    const opened = readOpened(await answer);
    if (!opened) throw new SealedCallError("SEALED_FAILED");
    return new Map(opened.map(({ id, value }) => [id, read(value)]));
  }

  return {
    ignored: pending.ignored,
    get callerId() {
      return current.callerId;
    },
    openMessages: (session, kind, ids) => open({ session, kind, ids }),
    openNames: (session, workspaceId, ids) => open({ session, kind: "audit.subject", workspaceId, ids }),
    openOrigins: (session, workspaceId, ids) => open({ session, kind: "audit.origin", workspaceId, ids }),
    async askIdentity(callId) {
      requireReady();
      return parse(await bytesOf(callId, "identity"), "SEALED_FAILED");
    },
    async close() {
      closed = true;
      clearInterval(sweep);
      clearInterval(renew);
      pending.rejectAll("SEALED_UNAVAILABLE");
      await listener.close();
    },
  };
}

/** What Postgres refuses with is for the caller to know; that the connection broke is not. */
function reasonOf(error: unknown): Error {
  const { severity, code } = error as { severity?: unknown; code?: unknown };
  // 57P01 and its like: the server ended the connection in the middle of the question.
  const lost = typeof code !== "string" || /^(57P|08)/.test(code);
  return error instanceof Error && severity !== undefined && !lost
    ? error
    : new SealedCallError("SEALED_UNAVAILABLE");
}

function read(value: Uint8Array | "MESSAGE_UNREADABLE" | "MESSAGE_TOO_LARGE"): unknown {
  if (typeof value === "string") return new SealedCallError(value);
  try {
    return parse(value, "MESSAGE_UNREADABLE");
  } catch (error) {
    return error;
  }
}

/** JSON.parse quotes its input in its errors. */
function parse(bytes: Uint8Array, code: "SEALED_FAILED" | "MESSAGE_UNREADABLE"): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
  } catch {
    throw new SealedCallError(code);
  }
}
