import { declareProvidersAt } from "../connections/declare.ts";
import { createConnectionSystem } from "../connections/system.ts";
import { createWorkspaceKeys } from "../crypto/workspace_keys.ts";
import type { WorkerConfig } from "../config.ts";
import { createAnswers } from "./answers.ts";
import type { WorkerContext } from "./context.ts";
import { codeOf } from "./errors.ts";
import { startService } from "./service.ts";
import { definitions } from "./services.ts";

/** A worker process's services, running. */
export interface RunningWorker {
  /** Settles when all services have ended; rejects with the first that ended by itself. */
  readonly ended: Promise<unknown>;
  /** Takes no more jobs, and waits for those under way. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly log: (line: string) => void;
  /** ms between two looks for dead workers */
  readonly recoverEveryMs?: number;
}

/** Starts every service of a configuration: all of them, or none. */
export async function startWorker(config: WorkerConfig, options: StartOptions): Promise<RunningWorker> {
  const { keys, kek, workos, notaryKey, connections } = config;
  // Only what the configuration requires for a service is ever read by it.
  const workspaceKeys = kek && createWorkspaceKeys({ kek });
  const context = {
    keys,
    kek,
    workspaceKeys,
    connections:
      connections && keys && kek && workspaceKeys
        ? createConnectionSystem(connections, { keys, kek, workspaceKeys })
        : undefined,
    answers: keys && createAnswers(keys.reply),
    workos,
    notaryKey,
  } as WorkerContext;
  const started = await Promise.allSettled(
    config.services.map(async ({ name, databaseUrl }) => {
      if (connections && (name === "mail_sync" || name === "crm")) {
        await declareProvidersAt(databaseUrl, name, connections);
      }
      return startService({ name, databaseUrl, ...definitions[name](context), ...options });
    }),
  );
  const running = started.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const stop = async () => {
    await Promise.all(running.map((service) => service.stop()));
  };
  const failure = started.find((result) => result.status === "rejected");
  if (failure) {
    const name = config.services[started.indexOf(failure)]!.name;
    options.log(`${name}: cannot start (${codeOf(failure.reason)})`);
    await stop();
    throw failure.reason;
  }
  return { ended: Promise.all(running.map((service) => service.ended)), stop };
}
