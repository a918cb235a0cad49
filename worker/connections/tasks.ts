import type { TaskList } from "graphile-worker";
import type { WorkerContext } from "../runtime/context.ts";
import { connectionCheck } from "../tasks/connection_check.ts";
import { connectionCheckSecret } from "../tasks/connection_check_secret.ts";
import { connectionExchange } from "../tasks/connection_exchange.ts";
import { connectionRefresh } from "../tasks/connection_refresh.ts";
import { connectionRevoked } from "../tasks/connection_revoked.ts";
import { connectionRevoke } from "../tasks/connection_revoke.ts";
import { webhook } from "../tasks/webhook.ts";

/** The tasks of a service that holds connections; none where connections are not set up: jobs then wait for it. */
export function connectionTasks({ connections }: Pick<WorkerContext, "connections">): TaskList {
  if (!connections) return {};
  return {
    connection_exchange: connectionExchange(connections),
    connection_check_secret: connectionCheckSecret(connections),
    connection_refresh: connectionRefresh(connections),
    connection_check: connectionCheck(connections),
    connection_revoke: connectionRevoke(connections),
    connection_revoked: connectionRevoked,
    webhook: webhook(connections),
  };
}
