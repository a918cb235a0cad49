import { claimTicket } from "../runtime/ticket.ts";
import type { Task } from "./types.ts";

declare global {
  namespace GraphileWorker {
    interface Tasks {
      /** janitor */
      delete_workspaces: unknown;
    }
  }
}

/** When it runs: each minute, one at a time. What is left to do stands in the database, so that nothing hangs on a job. */
export const deleteWorkspacesCrontab = "* * * * * delete_workspaces ?queue=delete_workspaces&max=3";

/** Rows of one transaction. */
const BATCH = 2_000;

/** Removes what is left of deleted workspaces, batch by batch; one that waits for its providers is left for the next time. */
export const deleteWorkspaces: Task<"delete_workspaces"> = async (_payload, helpers) => {
  const { rows } = await helpers.query<{ id: string }>("select id from session.deletion_tickets() as id");
  for (const { id } of rows) {
    const ticket = await claimTicket(helpers, id);
    if (!ticket) continue;
    let state = "removing";
    while (state === "removing") {
      state = await ticket.transaction(async (client) => {
        const answer = await client.query("select tenancy.remove_deleted_rows($1) as state", [BATCH]);
        return answer.rows[0].state as string;
      });
    }
  }
};
