import { openSecret } from "../../envelope/secret.ts";
import { recordCall } from "../connections/calls.ts";
import { failConnection, finishConnection, pendingConnection } from "../connections/finish.ts";
import { storedCode } from "../connections/refresh.ts";
import { type ConnectionSystem, providerOf, redirectUriOf } from "../connections/system.ts";
import type { EgressScope, GuardedFetch } from "../egress/client.ts";
import { EgressError } from "../egress/errors.ts";
import type { Granted } from "../providers/connection_provider.ts";
import { checkScopes } from "../providers/scopes.ts";
import { type Ticket, claimTicket } from "../runtime/ticket.ts";
import type { Task } from "./types.ts";

declare global {
  namespace GraphileWorker {
    interface Tasks {
      connection_exchange: {
        readonly attempt_id: string;
        readonly connection_id: string;
        readonly ticket_id: string;
      };
    }
  }
}

interface Attempt {
  readonly state_hash: string;
  readonly sealed_code: string | null;
  readonly sealed_verifier: string;
  /** By a worker that died over it. */
  readonly taken_before: boolean;
}

/**
 * The end of a consent: exchanges the code, checks what was granted and whose account it is, and stores the credential.
 * What was granted and cannot be kept is given back. The code is good once, so what fails is not tried twice: the person
 * is told, and starts again. Only a worker that died has a successor, who presents the code once more.
 */
export function connectionExchange(system: ConnectionSystem): Task<"connection_exchange"> {
  return async ({ attempt_id: attemptId, connection_id: connectionId, ticket_id: ticketId }, helpers) => {
    const ticket = await claimTicket(helpers, ticketId);
    if (!ticket) return;
    const attempt = await ticket.transaction(async (client) => {
      const { rows } = await client.query("select * from session.take_connection_attempt($1)", [attemptId]);
      return rows[0]?.state_hash ? (rows[0] as Attempt) : null;
    });
    if (!attempt) return failConnection(ticket, connectionId, "CONNECTION_INTERRUPTED");
    if (attempt.sealed_code === null) return failConnection(ticket, connectionId, "CONSENT_REFUSED");
    const pending = await pendingConnection(ticket, connectionId);
    if (!pending) return failConnection(ticket, connectionId, "CONNECTION_INTERRUPTED");

    const fetch = pendingFetch(system, ticket, connectionId, pending);
    let granted: Granted | undefined;
    try {
      const provider = providerOf(system, pending.provider);
      const open = (purpose: string, jwe: string) =>
        Buffer.from(openSecret(system.keys.intake, { purpose, state: attempt.state_hash }, jwe)).toString(
          "utf8",
        );
      granted = await provider.exchangeCode(fetch, {
        profile: pending.profile,
        code: open("connection-code", attempt.sealed_code),
        codeVerifier: open("connection-verifier", attempt.sealed_verifier),
        redirectUri: redirectUriOf(system.settings, pending.provider),
      });
      const scopes = checkScopes(provider, pending.profile, granted);
      const account = await provider.whoAmI(fetch, granted.credential);
      await finishConnection(system, ticket, connectionId, pending, {
        account,
        scopes,
        credential: granted.credential,
        revocable: provider.revocable,
      });
    } catch (error) {
      if (granted) await giveBack(system, ticket, connectionId, pending, granted);
      const code = storedCode(error);
      const lost = attempt.taken_before && code === "PROVIDER_CODE_REJECTED";
      await failConnection(ticket, connectionId, lost ? "CONNECTION_INTERRUPTED" : code);
    }
  };
}

function pendingFetch(
  system: ConnectionSystem,
  ticket: Ticket,
  connectionId: string,
  { provider, profile }: { provider: string; profile: string },
): GuardedFetch {
  return system.egress.fetch({
    provider: provider as EgressScope["provider"],
    profile,
    async confirm() {
      if (!(await pendingConnection(ticket, connectionId))) throw new EgressError("EGRESS_LEASE_ENDED");
    },
    onCall: (event) => recordCall(ticket, connectionId, event),
  });
}

/** Also after the person has disconnected or left: so without asking whether the connection still waits. */
async function giveBack(
  system: ConnectionSystem,
  ticket: Ticket,
  connectionId: string,
  { provider, profile }: { provider: string; profile: string },
  { credential }: Granted,
): Promise<void> {
  const fetch = system.egress.fetch({
    provider: provider as EgressScope["provider"],
    profile,
    onCall: (event) => recordCall(ticket, connectionId, event).catch(() => {}),
  });
  await providerOf(system, provider)
    .revoke(fetch, credential)
    .catch(() => {});
}
