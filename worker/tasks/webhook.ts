import { openSecret } from "../../envelope/secret.ts";
import type { ConnectionSystem } from "../connections/system.ts";
import { type Judged, type SealedWebhook, judgeNylas } from "../connections/webhook.ts";
import type { Task } from "./types.ts";

declare global {
  namespace GraphileWorker {
    interface Tasks {
      webhook: { readonly webhook_id: string };
    }
  }
}

const UNREADABLE: Judged = {
  verdict: "MALFORMED",
  trigger: "unknown",
  eventHash: null,
  grant: null,
  endsGrant: false,
  occurredAt: null,
};

/**
 * Judges what came in under a provider's name. The verdict, its events in the audit logs of those whose grant it names, and
 * the jobs that come of it are one transaction.
 */
export function webhook(system: ConnectionSystem): Task<"webhook"> {
  return async ({ webhook_id: webhookId }, helpers) => {
    await helpers.withPgClient(async (client) => {
      await client.query("begin");
      try {
        const { rows } = await client.query("select * from session.take_webhook($1)", [webhookId]);
        const { provider, sealed } = rows[0] as { provider: string | null; sealed: string | null };
        if (provider !== null && sealed !== null) {
          const judged = open(system, webhookId, provider, sealed);
          const verdicts = await client.query("select * from session.judge_webhook($1, $2, $3, $4, $5, $6)", [
            webhookId,
            judged.verdict,
            judged.eventHash,
            judged.grant,
            judged.endsGrant,
            judged.occurredAt,
          ]);
          for (const { workspace_id, final_verdict, processed } of verdicts.rows) {
            await client.query("select audit.webhook_judged($1, $2, $3, $4, $5)", [
              provider,
              judged.trigger,
              final_verdict,
              processed,
              workspace_id,
            ]);
          }
          if (judged.verdict !== "GENUINE")
            helpers.logger.warn(`refused a webhook in the name of ${provider}: ${judged.verdict}`);
        }
        await client.query("commit");
      } catch (error) {
        await client.query("rollback").catch(() => {});
        throw error;
      }
    });
  };
}

function open({ keys, settings }: ConnectionSystem, id: string, provider: string, sealed: string): Judged {
  let content: SealedWebhook;
  try {
    const bytes = openSecret(keys.intake, { purpose: "webhook", provider, id }, sealed);
    content = JSON.parse(Buffer.from(bytes).toString("utf8")) as SealedWebhook;
  } catch {
    // Not sealed by our API for this very row: put there by somebody else.
    return UNREADABLE;
  }
  return judgeNylas(content, settings.webhookSecrets.nylas ?? []);
}
