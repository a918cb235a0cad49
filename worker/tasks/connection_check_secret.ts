import { openSecret } from "../../envelope/secret.ts";
import { recordCall } from "../connections/calls.ts";
import { failConnection, finishConnection, pendingConnection } from "../connections/finish.ts";
import { storedCode } from "../connections/refresh.ts";
import { type ConnectionSystem, providerOf } from "../connections/system.ts";
import type { EgressScope } from "../egress/client.ts";
import { EgressError } from "../egress/errors.ts";
import type { Account, Credential } from "../providers/connection_provider.ts";
import { ProviderError } from "../providers/provider_error.ts";
import { checkMailbox, readMailbox } from "../providers/smtp_imap.ts";
import { type Ticket, claimTicket } from "../runtime/ticket.ts";
import type { Task } from "./types.ts";

declare global {
  namespace GraphileWorker {
    interface Tasks {
      connection_check_secret: { readonly connection_id: string; readonly ticket_id: string };
    }
  }
}

/** Tries a password or key at its provider. Only one that works is stored. */
export function connectionCheckSecret(system: ConnectionSystem): Task<"connection_check_secret"> {
  return async ({ connection_id: connectionId, ticket_id: ticketId }, helpers) => {
    const ticket = await claimTicket(helpers, ticketId);
    if (!ticket) return;
    const pending = await pendingConnection(ticket, connectionId);
    const sealed = await ticket.transaction(async (client) => {
      const { rows } = await client.query("select connections.take_secret($1) as sealed", [connectionId]);
      return rows[0]?.sealed as string | null;
    });
    if (!pending || !sealed) return failConnection(ticket, connectionId, "CONNECTION_INTERRUPTED");
    try {
      const binding = { workspace: pending.workspace_id, person: pending.person_id };
      const bytes = openSecret(system.keys.intake, binding, sealed);
      const secret = Buffer.from(bytes).toString("utf8");
      bytes.fill(0);
      const { account, credential } =
        pending.provider === "smtp_imap"
          ? await tryPassword(system, ticket, connectionId, secret)
          : await tryKey(system, ticket, connectionId, pending, secret);
      await finishConnection(system, ticket, connectionId, pending, {
        account,
        credential,
        scopes: [],
        revocable: false,
      });
    } catch (error) {
      await failConnection(ticket, connectionId, storedCode(error));
    }
  };
}

async function tryKey(
  system: ConnectionSystem,
  ticket: Ticket,
  connectionId: string,
  { provider, profile }: { provider: string; profile: string },
  apiKey: string,
): Promise<{ account: Account; credential: Credential }> {
  const credential = { apiKey: apiKey.trim() };
  const fetch = system.egress.fetch({
    provider: provider as EgressScope["provider"],
    profile,
    ...guardFor(ticket, connectionId),
  });
  return { credential, account: await providerOf(system, provider).whoAmI(fetch, credential) };
}

async function tryPassword(
  { settings }: ConnectionSystem,
  ticket: Ticket,
  connectionId: string,
  secret: string,
): Promise<{ account: Account; credential: Credential }> {
  const mailbox = readMailbox(parse(secret));
  const options = { local: settings.localMailServers, ...guardFor(ticket, connectionId) };
  return { credential: { mailbox }, account: await checkMailbox(mailbox, options) };
}

/** A secret is shown to nobody any more once its owner has thought better of it. */
function guardFor(ticket: Ticket, connectionId: string): Required<Pick<EgressScope, "confirm" | "onCall">> {
  return {
    async confirm() {
      if (!(await pendingConnection(ticket, connectionId))) throw new EgressError("EGRESS_LEASE_ENDED");
    },
    onCall: (event) => recordCall(ticket, connectionId, event),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own error quotes what it could not read.
    throw new ProviderError("PROVIDER_CREDENTIAL_REJECTED");
  }
}
