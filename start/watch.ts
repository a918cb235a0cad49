import { watch } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { deploy } from "../database/deploy.ts";
import type { Development } from "./development.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folders = ["functions", "policies", "migrations", "api", "worker", "envelope"];

/** npm run dev: SQL that changes is deployed, and the processes that run changed code are started anew. */
export function watchSources(system: Development, print: (line: string) => void): void {
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const act = async () => {
    const files = [...changed];
    changed.clear();
    if (files.length === 0) return;
    print(`dev    │ changed: ${files.slice(0, 5).join(", ")}${files.length > 5 ? " …" : ""}`);
    const sql = files.some((file) => file.endsWith(".sql"));
    if (sql) await deploy({ deployUrl: system.deployUrl, log: (line) => print(`deploy │ ${line}`) });
    const touches = (...names: string[]) => files.some((file) => names.includes(file.split(path.sep)[0]!));
    if (touches("worker", "envelope", "worker.ts")) await system.restartWorker();
    if (sql || touches("api", "envelope", "server.ts")) await system.restartApi();
  };
  const note = (file: string) => {
    if (!/\.(sql|ts)$/.test(file)) return;
    changed.add(file);
    clearTimeout(timer);
    timer = setTimeout(() => {
      running = running.then(act).catch((error: Error) => print(`dev    │ ${error.message}`));
    }, 200);
  };
  for (const folder of folders) {
    watch(
      path.join(root, folder),
      { recursive: true },
      (_event, file) => file && note(path.join(folder, file)),
    );
  }
  for (const file of ["server.ts", "worker.ts"]) watch(path.join(root, file), () => note(file));
  print(`dev    │ watching ${folders.join(", ")}`);
}
