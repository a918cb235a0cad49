import { type Answer, CHANNEL_LENGTH, channelOf, sealAnswer } from "../../envelope/answer.ts";
import type { PrivateKey } from "../../envelope/keys.ts";
import { type ReplyKey, agree } from "../../envelope/reply.ts";

/** Whom an answer goes to, as the `sealed.take_…` functions name it. */
export interface Asker {
  readonly call_id: string;
  readonly caller_id: string;
  /** JWK `x` of the API process. */
  readonly public_key: string;
}

/** Anything that runs SQL: a client, a pool, or a task's helpers. */
export interface Queryable {
  query(text: string, values?: unknown[]): Promise<unknown>;
}

/** Seals answers to API processes and sends them as notifications. */
export interface Answers {
  /**
   * The answer to one call, sealed: notification payloads for {@link Answers.send}.
   *
   * @throws {SealedError} `KEY_INVALID`: the caller registered something that is no key
   */
  seal(asker: Asker, answer: Answer): { channel: string; payloads: string[] };
  /** Sends sealed answers in one statement. */
  send(queryable: Queryable, sealed: readonly { channel: string; payloads: string[] }[]): Promise<void>;
}

/** Keys agreed with API processes are kept, the least recently used dropped first: agreeing costs 100 µs, sealing 10. */
const MAX_KEYS = 1_000;

/** @param own the worker's reply key */
export function createAnswers(own: PrivateKey): Answers {
  const keys = new Map<string, ReplyKey>();

  function keyOf({ caller_id, public_key }: Asker): ReplyKey {
    const name = `${caller_id} ${public_key}`;
    const key = keys.get(name) ?? agree(own, public_key, caller_id);
    keys.delete(name);
    keys.set(name, key);
    if (keys.size > MAX_KEYS) keys.delete(keys.keys().next().value!);
    return key;
  }

  return {
    seal(asker, answer) {
      return {
        channel: channelOf(asker.caller_id),
        payloads: sealAnswer(keyOf(asker), asker.caller_id, asker.call_id, answer),
      };
    },
    async send(queryable, sealed) {
      const lines = sealed.flatMap(({ channel, payloads }) =>
        payloads.map((payload) => `${channel} ${payload}`),
      );
      if (lines.length === 0) return;
      // Not as an array: Postgres reads that character by character, for tens of kB of them. Nor by substr, which counts.
      await queryable.query(
        `select pg_notify(left(n.line, ${CHANNEL_LENGTH}), right(n.line, -${CHANNEL_LENGTH + 1}))
         from string_to_table($1, E'\\n') as n (line)`,
        [lines.join("\n")],
      );
    },
  };
}
