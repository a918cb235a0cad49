import { keepSecretsAtCrash, keepSecretsInWarnings } from "./envelope/crash.ts";
import { readWorkerConfig } from "./worker/config.ts";
import { codeOf } from "./worker/runtime/errors.ts";
import { startWorker } from "./worker/runtime/start.ts";

// The only process that holds keys and provider credentials. One process may run any of the services.
const log = (line: string) => console.log(line);
keepSecretsAtCrash(codeOf, (line) => console.error(`worker: ${line}`));
keepSecretsInWarnings((line) => console.error(`worker: ${line}`));

/** The message of an error of our own making; of any other only its kind, since it may quote a connection URL. */
const sentence = (error: unknown) =>
  (error as { code?: string }).code === "CONFIG_INVALID" ? (error as Error).message : codeOf(error);

try {
  const config = readWorkerConfig(process.env);
  const worker = await startWorker(config, { log });
  log(`worker: running ${config.services.map(({ name }) => name).join(", ")}`);
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    log("worker: finishing the jobs under way");
    worker.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(`worker: did not stop cleanly (${codeOf(error)})`);
        process.exit(1);
      },
    );
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  await worker.ended;
} catch (error) {
  console.error(`worker: ${sentence(error)}`);
  process.exit(1);
}
