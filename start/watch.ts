import { watch } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { deploy } from "../database/deploy.ts";
import type { Development } from "./development.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folders = ["functions", "policies", "migrations", "api", "worker", "envelope", "audit"];
const files = ["server.ts", "worker.ts", "settings.ts"];

/**
 * npm run dev: SQL that changes is deployed, and the processes that run changed code are started anew: both after SQL, for they
 * keep what they know of it. What is broken is printed, and the next change is another try. Code of the starter itself
 * (start/, database/, isolation/) is not watched.
 */
export function watchSources(system: Development, print: (line: string) => void): void {
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const act = async () => {
    const now = [...changed];
    changed.clear();
    if (now.length === 0) return;
    print(`dev    │ changed: ${now.slice(0, 5).join(", ")}${now.length > 5 ? " …" : ""}`);
    const sql = now.some((file) => file.endsWith(".sql"));
    if (sql) await deploy({ deployUrl: system.deployUrl, log: (line) => print(`deploy │ ${line}`) });
    const touches = (...names: string[]) => now.some((file) => names.includes(file.split(path.sep)[0]!));
    if (sql || touches("worker", "envelope", "audit", "worker.ts", "settings.ts"))
      await system.restartWorker();
    if (sql || touches("api", "envelope", "server.ts", "settings.ts")) await system.restartApi();
    print("dev    │ done");
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
  // By their folder: an editor that writes anew and renames leaves a watched file behind.
  watch(root, (_event, file) => file && files.includes(file) && note(file));
  print(`dev    │ watching ${folders.join(", ")}`);
}
