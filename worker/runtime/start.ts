import { declareProvidersAt } from "../connections/declare.ts";
import { createConnectionSystem } from "../connections/system.ts";
import { recordedKek } from "../crypto/kek_recorded.ts";
import { createWorkspaceKeys } from "../crypto/workspace_keys.ts";
import type { WorkerConfig } from "../config.ts";
import { createAnswers } from "./answers.ts";
import type { WorkerContext } from "./context.ts";
import { type CallRecorder, createCallRecorder } from "./call_recorder.ts";
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
  const answers = keys && createAnswers(keys.reply);
  const recorders: CallRecorder[] = [];
  // Only what the configuration requires for a service is ever read by it. Each service has a view of its own of the key service,
  // so that a call of it stands under its name in the audit log, and keys in memory are its own.
  const contextOf = (databaseUrl: string): WorkerContext => {
    const recorder = createCallRecorder(databaseUrl);
    recorders.push(recorder);
    const ownKek = kek && recordedKek(kek, recorder.record);
    const workspaceKeys = ownKek && createWorkspaceKeys({ kek: ownKek });
    return {
      keys,
      kek: ownKek,
      workspaceKeys,
      connections:
        connections && keys && ownKek && workspaceKeys
          ? createConnectionSystem(connections, { keys, kek: ownKek, workspaceKeys })
          : undefined,
      answers,
      workos,
      notaryKey,
    } as WorkerContext;
  };
  const started = await Promise.allSettled(
    config.services.map(async ({ name, databaseUrl }) => {
      if (connections && (name === "mail_sync" || name === "crm")) {
        await declareProvidersAt(databaseUrl, name, connections);
      }
      return startService({ name, databaseUrl, ...definitions[name](contextOf(databaseUrl)), ...options });
    }),
  );
  const running = started.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const stop = async () => {
    await Promise.all(running.map((service) => service.stop()));
    await Promise.all(recorders.map((recorder) => recorder.end()));
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
