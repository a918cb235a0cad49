import type { Task } from "graphile-worker";
import { type ProviderCall, measureCall, recordProviderCall } from "../audit/provider_call.ts";
import { workosProvider } from "../providers/workos.ts";
import { claimTicket } from "../runtime/ticket.ts";
import type { SignInContext } from "./sign_in.ts";

declare global {
  namespace GraphileWorker {
    interface Tasks {
      /** identity */
      check_organizations: { readonly person_id: string };
    }
  }
}

/**
 * Asks the provider which organizations a person is still in, and ends their sessions and connections in the workspaces of
 * all others. Events and sign-ins are only reasons to ask: they come late, twice and out of order, the list does not.
 */
export function checkOrganizations({
  workos: settings,
}: Pick<SignInContext, "workos">): Task<"check_organizations"> {
  const workos = workosProvider(settings);
  return async ({ person_id: personId }, helpers) => {
    const { rows } = await helpers.query<{ subject: string | null }>(
      "select session.provider_subject($1) as subject",
      [personId],
    );
    const subject = rows[0]?.subject;
    if (!subject) return;
    let called: ProviderCall | undefined;
    const organizations = await measureCall(
      "workos",
      "list_memberships",
      () => workos.activeOrganizations(subject),
      (call) => void (called = call),
    );
    const { rows: tickets } = await helpers.query<{ id: string }>(
      "select id from session.tickets_to_leave($1, $2) as id",
      [personId, organizations],
    );
    for (const { id } of tickets) {
      const ticket = await claimTicket(helpers, id);
      await ticket?.transaction(async (client) => {
        await recordProviderCall(client, null, called!);
        await client.query("select tenancy.end_organization_member($1)", [personId]);
        await ticket.finish(client);
      });
    }
  };
}
