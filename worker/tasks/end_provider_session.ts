import type { Task } from "graphile-worker";
import { measureCall, recordProviderCall } from "../audit/provider_call.ts";
import { workosProvider } from "../providers/workos.ts";
import type { SignInContext } from "./sign_in.ts";

declare global {
  namespace GraphileWorker {
    interface Tasks {
      /** Without a workspace: a sign-in that did not get as far. */
      end_provider_session: { provider_session_id: string; workspace_id?: string | null };
    }
  }
}

/**
 * Ends the provider's session after ours has ended. The queue repeats it with growing delays (10 attempts, over
 * three hours) while the provider is out of reach; a session that the provider no longer knows counts as ended. What it throws,
 * and the queue stores, is a code and a fixed sentence.
 */
export function endProviderSession({
  workos: settings,
}: Pick<SignInContext, "workos">): Task<"end_provider_session"> {
  const workos = workosProvider(settings);
  return async ({ provider_session_id: sessionId, workspace_id: workspaceId }, { query }) => {
    await measureCall(
      "workos",
      "revoke_session",
      () => workos.revokeSession(sessionId),
      async (call) => {
        if (workspaceId) await recordProviderCall({ query }, workspaceId, call);
      },
    );
  };
}
