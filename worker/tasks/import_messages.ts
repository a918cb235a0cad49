import { SealedError } from "../../envelope/error.ts";
import { openSecret } from "../../envelope/secret.ts";
import { currentKey, keyringOf } from "../crypto/current_key.ts";
import { readImportSource } from "../mail/import_source.ts";
import { isParseFailure, parseMessage } from "../mail/parse_message.ts";
import { keyGivenUp } from "../crypto/current_key.ts";
import { type SealingKeys, sealMessage } from "../mail/seal_message.ts";
import type { WorkerContext } from "../runtime/context.ts";
import { type Ticket, claimTicket } from "../runtime/ticket.ts";
import type { Task } from "./types.ts";

/** A row of `mail.take_import`. */
interface Import {
  readonly workspace_id: string;
  readonly requested_by: string;
  readonly sealed_source: string;
  /** Messages that are done already: an earlier worker died, or was stopped. */
  readonly processed_count: number;
}

type Refusal = { readonly code: string; readonly message: string };

const TOO_LARGE: Refusal = {
  code: "MESSAGE_TOO_LARGE",
  message: "the text of the message is over the limit",
};
const NOT_STORED: Refusal = {
  code: "MESSAGE_NOT_STORED",
  message: "the message has a value that cannot be stored",
};

/** Why a source does not open, as the import says it. */
const SOURCE_FAILURES: Readonly<Partial<Record<string, string>>> = {
  BINDING_MISMATCH: "IMPORT_SOURCE_BELONGS_ELSEWHERE",
  KEY_UNKNOWN: "IMPORT_SOURCE_KEY_UNKNOWN",
};

/**
 * Reads the messages of an import, seals and stores them. Each is one transaction with the import's progress, so that
 * whoever takes the import up after a crash goes on at the next one. A message that cannot be read is noted and passed over.
 */
export function importMessagesTask(
  context: Pick<WorkerContext, "keys" | "kek" | "workspaceKeys">,
): Task<"import_messages"> {
  return async ({ import_id: importId, ticket_id: ticketId }, helpers) => {
    const ticket = await claimTicket(helpers, ticketId);
    if (!ticket) return;
    const taken = await ticket.transaction(async (client) => {
      const { rows } = await client.query<Import>("select * from mail.take_import($1)", [importId]);
      if (!rows[0]) await ticket.finish(client);
      return rows[0];
    });
    if (!taken) return;

    const finish = (total: number, errorCode: string | null) =>
      ticket.transaction(async (client) => {
        await client.query("select mail.finish_import($1, $2, $3)", [importId, total, errorCode]);
        await ticket.finish(client);
      });
    let messages: Uint8Array[];
    try {
      messages = openSource(context, taken);
    } catch (error) {
      if (!(error instanceof SealedError)) throw error;
      return finish(0, SOURCE_FAILURES[error.code] ?? "IMPORT_SOURCE_UNREADABLE");
    }
    if (messages.length === 0) return finish(0, "IMPORT_EMPTY");

    try {
      await importAll(context, ticket, importId, taken, messages);
    } catch (error) {
      // Nobody would come back to it: better an import that says so than one that runs for ever.
      if (helpers.job.attempts >= helpers.job.max_attempts) await finish(messages.length, "IMPORT_GAVE_UP");
      throw error;
    }
    return finish(messages.length, null);
  };
}

function openSource({ keys }: Pick<WorkerContext, "keys">, taken: Import): Uint8Array[] {
  // The binding is what the database knows of the import, never what the ciphertext says of itself.
  const binding = { workspace: taken.workspace_id, person: taken.requested_by };
  return readImportSource(openSecret(keys.intake, binding, taken.sealed_source));
}

/** Goes through the messages from the first that is not done yet. */
async function importAll(
  context: Pick<WorkerContext, "kek" | "workspaceKeys">,
  ticket: Ticket,
  importId: string,
  { workspace_id: workspaceId, processed_count: done }: Import,
  messages: readonly Uint8Array[],
): Promise<void> {
  const sealingKeys = () =>
    ticket.transaction(async (client) => {
      const keyring = keyringOf(client);
      return {
        content: await currentKey(context, keyring, workspaceId, "content"),
        index: await currentKey(context, keyring, workspaceId, "index"),
      };
    });
  let keys = await sealingKeys();
  for (let number = done + 1; number <= messages.length; number += 1) {
    const store = () => importOne(ticket, importId, number, workspaceId, keys, messages[number - 1]!);
    const refusal = await store().catch(async (error: unknown) => {
      if (!keyGivenUp(error)) throw error;
      // An import may take longer than its key is trusted.
      keys = await sealingKeys();
      return store();
    });
    if (!refusal) continue;
    await ticket.transaction((client) =>
      client.query("select mail.refuse_message($1, $2, $3, $4)", [
        importId,
        number,
        refusal.code,
        refusal.message,
      ]),
    );
  }
}

/** @returns why the message was not stored; null when it was, or was there before */
async function importOne(
  ticket: Ticket,
  importId: string,
  number: number,
  workspaceId: string,
  keys: SealingKeys,
  raw: Uint8Array,
): Promise<Refusal | null> {
  const parsed = await parseMessage(raw);
  if (isParseFailure(parsed)) return parsed;
  const sealed = await sealMessage(workspaceId, keys, parsed);
  if (!sealed) return TOO_LARGE;
  try {
    await ticket.transaction((client) =>
      client.query("select mail.store_message($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)", [
        importId,
        number,
        sealed.id,
        sealed.messageIdHash,
        sealed.candidateHashes,
        sealed.sentAt,
        sealed.size,
        sealed.subject,
        sealed.body,
        sealed.attachments.map(({ id }) => id),
        sealed.attachments.map(({ size }) => size),
        sealed.attachments.map(({ content }) => content),
      ]),
    );
    return null;
  } catch (error) {
    // Data that the database refuses (classes 22 and 23) it would refuse each time: the other messages go on.
    if (/^2[23]/.test((error as { code?: string }).code ?? "")) return NOT_STORED;
    throw error;
  }
}
