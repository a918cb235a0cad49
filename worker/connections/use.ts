import { EgressError } from "../egress/errors.ts";
import type { EgressScope, GuardedFetch } from "../egress/client.ts";
import type { Credential } from "../providers/connection_provider.ts";
import { ProviderError } from "../providers/provider_error.ts";
import { TaskError } from "../runtime/errors.ts";
import type { Ticket } from "../runtime/ticket.ts";
import { fetchFor, guardFor, openConnection } from "./open.ts";
import { refreshConnection, reportDead } from "./refresh.ts";
import type { ConnectionSystem } from "./system.ts";

/** What a job gets to work with. */
export interface Usable {
  readonly provider: string;
  readonly profile: string;
  readonly credential: Credential;
  readonly fetch: GuardedFetch;
  /** What each call that is not HTTP has to do before and after. */
  readonly guard: Pick<EgressScope, "confirm" | "onCall">;
}

/** A token that ends within this time is not used any more. */
const MARGIN_MS = 60_000;

/**
 * Lets a job use a connection: opens it, refreshes it when its token has ended, and once more when the provider says
 * that it has. `work` may run a second time then, from its beginning.
 *
 * @throws {TaskError} `CONNECTION_ENDED`: not to be tried again; the job is held or cancelled already
 * @throws {ProviderError} {@link EgressError}: what `work` met
 */
export async function useConnection<Result>(
  system: ConnectionSystem,
  ticket: Ticket,
  connectionId: string,
  work: (usable: Usable) => Promise<Result>,
): Promise<Result> {
  let opened = await openConnection(system, ticket, connectionId);
  const { expiresAt } = opened.credential;
  if (expiresAt !== undefined && expiresAt < Date.now() + MARGIN_MS)
    opened = await refreshConnection(system, ticket, opened);
  for (let attempt = 1; ; attempt += 1) {
    const { provider, profile, credential } = opened;
    try {
      const fetch = fetchFor(system, ticket, opened);
      return await work({ provider, profile, credential, fetch, guard: guardFor(ticket, opened) });
    } catch (error) {
      if (error instanceof EgressError && error.code === "EGRESS_LEASE_ENDED")
        throw new TaskError("CONNECTION_ENDED");
      if (!(error instanceof ProviderError)) throw error;
      if (error.code === "PROVIDER_GRANT_INVALID" || error.code === "PROVIDER_CREDENTIAL_REJECTED") {
        await reportDead(ticket, opened, error.code);
        throw new TaskError("CONNECTION_ENDED");
      }
      // Once: a provider that refuses a token it has just issued would be asked for ever.
      if (error.code !== "PROVIDER_TOKEN_REJECTED" || attempt > 1) throw error;
      opened = await refreshConnection(system, ticket, opened);
    }
  }
}
