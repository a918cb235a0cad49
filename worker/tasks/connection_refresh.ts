import { openConnection } from "../connections/open.ts";
import { refreshConnection } from "../connections/refresh.ts";
import { connectionJob } from "../connections/job.ts";
import type { ConnectionSystem } from "../connections/system.ts";
import type { Task } from "./types.ts";

declare global {
  namespace GraphileWorker {
    interface Tasks {
      connection_refresh: {
        readonly job_id: string;
        readonly connection_id: string;
        readonly ticket_id: string;
      };
    }
  }
}

/** Refreshes a connection ahead of its end, unless somebody has just done so. Each refresh plans the next. */
export function connectionRefresh(system: ConnectionSystem): Task<"connection_refresh"> {
  return connectionJob(async (ticket, connectionId) => {
    const opened = await openConnection(system, ticket, connectionId);
    await refreshConnection(system, ticket, opened);
  });
}
