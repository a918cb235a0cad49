import type { Account, MailboxCredential } from "../providers/connection_provider.ts";
import { checkMailbox } from "../providers/smtp_imap.ts";
import type { Ticket } from "../runtime/ticket.ts";
import { recordCall } from "./calls.ts";
import { storedCode } from "./refresh.ts";
import type { ConnectionSystem } from "./system.ts";

/**
 * Signs in to both servers of a raw mailbox, and records it as a call like any other.
 *
 * @throws what `checkMailbox` throws
 */
export async function tryMailbox(
  { settings }: ConnectionSystem,
  ticket: Ticket,
  connectionId: string,
  mailbox: MailboxCredential,
): Promise<Account> {
  const started = performance.now();
  let code: string | null = null;
  try {
    return await checkMailbox(mailbox, { local: settings.localMailServers });
  } catch (error) {
    code = storedCode(error);
    throw error;
  } finally {
    await recordCall(ticket, connectionId, {
      provider: "smtp_imap",
      operation: "sign_in",
      success: code === null,
      errorCode: code,
      durationMs: Math.round(performance.now() - started),
    });
  }
}
