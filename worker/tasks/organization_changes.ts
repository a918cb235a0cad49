import type { Task } from "graphile-worker";
import { workosProvider } from "../providers/workos.ts";
import type { SignInContext } from "./sign_in.ts";

declare global {
  namespace GraphileWorker {
    interface Tasks {
      /** identity */
      organization_changes: unknown;
    }
  }
}

/** When it runs: each minute, one at a time. */
export const organizationChangesCrontab =
  "* * * * * organization_changes ?queue=organization_changes&max=3&jobKey=organization_changes";

/** Reads the provider's events since the last time: whoever left an organization, or is gone, is asked about. */
export function organizationChanges({
  workos: settings,
}: Pick<SignInContext, "workos">): Task<"organization_changes"> {
  const workos = workosProvider(settings);
  return async (_payload, helpers) => {
    while (!helpers.abortSignal.aborted) {
      const { rows } = await helpers.query<{ event_id: string | null; read_since: Date }>(
        "select * from session.provider_cursor()",
      );
      const { event_id: after, read_since: since } = rows[0]!;
      const { last, subjects } = await workos.departures(after, since);
      if (last === null) return;
      await helpers.query("select session.note_provider_events($1, $2)", [last, subjects]);
    }
  };
}
