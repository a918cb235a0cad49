import { readWorkerConfig } from "../../worker/config.ts";
import { startWorker } from "../../worker/runtime/start.ts";

// A worker process for tests that kill it: it looks for dead workers ten times a second.
await startWorker(readWorkerConfig(process.env), { log: console.log, recoverEveryMs: 100 });
console.log("ready");
