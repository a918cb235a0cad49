import type { Kek } from "../crypto/kek.ts";
import { claimTicket } from "../runtime/ticket.ts";
import type { Task } from "./types.ts";

declare global {
  namespace GraphileWorker {
    interface Tasks {
      subject_rewrap: { readonly ticket_id: string };
    }
  }
}

const BATCH = 50;

/** For the operator: the keys of the people in one workspace's audit log under the current key-encryption key. */
export function subjectRewrap({ kek }: { readonly kek: Kek }): Task<"subject_rewrap"> {
  return async ({ ticket_id: ticketId }, helpers) => {
    const ticket = await claimTicket(helpers, ticketId);
    if (!ticket) return;
    for (;;) {
      const { rows } = await ticket.transaction((client) =>
        client.query("select * from audit.subjects_to_rewrap($1, $2)", [kek.current, BATCH]),
      );
      if (rows.length === 0) break;
      for (const {
        workspace_id: workspaceId,
        person_id: personId,
        kek: former,
        wrapped_key: wrapped,
      } of rows) {
        const subject = { workspaceId, purpose: "subject", version: 1 };
        const bytes = await kek.unwrap(subject, former, wrapped);
        const next = await kek.wrap(subject, bytes);
        bytes.fill(0);
        await ticket.transaction((client) =>
          client.query("select audit.rewrap_subject($1, $2, $3, $4)", [
            personId,
            wrapped,
            next.kek,
            next.wrapped,
          ]),
        );
      }
    }
    await ticket.transaction((client) => ticket.finish(client));
  };
}
