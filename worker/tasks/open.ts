import type { Answer } from "../../envelope/answer.ts";
import { type Opened, writeOpened } from "../../envelope/opened.ts";
import { type SealedName, type SealedOrigin, createTrailOpener } from "../audit/open_trail.ts";
import { openContent } from "../crypto/content.ts";
import { KekError, type WrappedKey } from "../crypto/kek.ts";
import { parseKeyId } from "../crypto/key_id.ts";
import type { Asker } from "../runtime/answers.ts";
import type { WorkerContext } from "../runtime/context.ts";
import { codeOf } from "../runtime/errors.ts";
import type { Task } from "./types.ts";

/** A row of `sealed.take_to_open`: one call with what it asks for. */
interface Call extends Asker {
  readonly kind: "mail.subject" | "mail.body" | "audit.subject" | "audit.origin";
  readonly workspace_id: string;
  readonly message_ids: readonly string[] | null;
  /** A line for each of them. */
  readonly ciphertexts: string | null;
  /** By version. */
  readonly keys: Readonly<Record<string, WrappedKey>>;
  /** For names in the audit log alone. */
  readonly subjects: readonly SealedName[] | null;
  /** For origins in the audit log alone. */
  readonly origins: readonly SealedOrigin[] | null;
}

/** Bytes of content in one answer. */
const MAX_ANSWER_BYTES = 24 << 20;
/** Notifications sent together: few commits, since notifying ones queue for one lock, and no long wait for the first. */
const MAX_PAYLOADS = 64;

/**
 * Opens what waiting calls ask for and answers each. Postgres decided, row by row, what a call may name; all that is
 * checked here is that each ciphertext is what its row says.
 */
export function openTask({
  answers,
  workspaceKeys,
  kek,
}: Pick<WorkerContext, "answers" | "workspaceKeys" | "kek">): Task<"open"> {
  const trail = createTrailOpener({ kek });

  async function open(call: Call): Promise<Answer> {
    if (call.kind === "audit.subject")
      return answerOfTrail(trail.openNames(call.workspace_id, call.subjects ?? []));
    if (call.kind === "audit.origin")
      return answerOfTrail(trail.openOrigins(call.workspace_id, call.origins ?? []));
    return answerMessages(call, call.kind);
  }

  async function answerOfTrail(opened: Promise<Opened[]>): Promise<Answer> {
    try {
      return { bytes: writeOpened(await opened, MAX_ANSWER_BYTES) };
    } catch (error) {
      if (error instanceof KekError) return { failure: error.code };
      throw error;
    }
  }

  async function answerMessages(call: Call, kind: "mail.subject" | "mail.body"): Promise<Answer> {
    const lookup = async (kid: string) => {
      const subject = parseKeyId(kid);
      const wrapped = subject?.purpose === "content" ? call.keys[subject.version] : undefined;
      return subject && wrapped ? workspaceKeys.get(subject, wrapped) : undefined;
    };
    const opened: Opened[] = [];
    const ciphertexts = call.ciphertexts?.split("\n") ?? [];
    for (const [n, id] of (call.message_ids ?? []).entries()) {
      const jwe = ciphertexts[n]!;
      const binding = { workspaceId: call.workspace_id, kind, id };
      try {
        opened.push({ id, value: await openContent(lookup, binding, jwe) });
      } catch (error) {
        // Without the key service nothing opens: that is no property of the message.
        if (error instanceof KekError && error.retryable) return { failure: error.code };
        opened.push({ id, value: "MESSAGE_UNREADABLE" });
      }
    }
    return { bytes: writeOpened(opened, MAX_ANSWER_BYTES) };
  }

  return ({ call_ids }, { withPgClient, logger }) =>
    withPgClient(async (client) => {
      const { rows } = await client.query<Call>({
        name: "take_to_open",
        text: "select * from sealed.take_to_open($1)",
        values: [call_ids],
      });
      let ready: ReturnType<typeof answers.seal>[] = [];
      let payloads = 0;
      for (const call of rows) {
        try {
          const sealed = answers.seal(call, await open(call));
          ready.push(sealed);
          payloads += sealed.payloads.length;
        } catch (error) {
          // A caller with a broken key spoils its own answer, not those of the others in the job.
          logger.error(`a call could not be answered (${codeOf(error)})`);
        }
        if (payloads < MAX_PAYLOADS) continue;
        await answers.send(client, ready);
        ready = [];
        payloads = 0;
      }
      await answers.send(client, ready);
    });
}
