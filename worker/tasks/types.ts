/** Jobs and their payloads: ids only, never content, secrets or tokens. The identity service declares its own beside them. */
declare global {
  // graphile-worker looks for payload types here.
  namespace GraphileWorker {
    interface Tasks {
      /** opener */
      open: { readonly call_ids: readonly string[] };
      /** mail_sync */
      import_messages: { readonly import_id: string; readonly ticket_id: string };
      /** janitor */
      audit_months: unknown;
      clean_up: unknown;
    }
  }
}

/** A task by the type of its payload. */
export type { Task } from "graphile-worker";
