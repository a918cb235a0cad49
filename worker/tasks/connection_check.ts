import { connectionJob } from "../connections/job.ts";
import { type ConnectionSystem, providerOf } from "../connections/system.ts";
import { useConnection } from "../connections/use.ts";
import { checkMailbox } from "../providers/smtp_imap.ts";
import type { Task } from "./types.ts";

declare global {
  namespace GraphileWorker {
    interface Tasks {
      connection_check: {
        readonly job_id: string;
        readonly connection_id: string;
        readonly ticket_id: string;
      };
    }
  }
}

/** Uses a connection for the smallest thing that there is: asking whose account it is. */
export function connectionCheck(system: ConnectionSystem): Task<"connection_check"> {
  return connectionJob(async (ticket, connectionId) => {
    await useConnection(system, ticket, connectionId, async ({ provider, credential, fetch, guard }) =>
      credential.mailbox
        ? checkMailbox(credential.mailbox, { local: system.settings.localMailServers, ...guard })
        : providerOf(system, provider).whoAmI(fetch, credential),
    );
  });
}
