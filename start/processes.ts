import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A process of the system, started by us. */
export interface Running {
  readonly name: string;
  readonly pid: number;
  /** Settles with the exit code when it has ended, wanted or not. */
  readonly exited: Promise<number | null>;
  /** Asks it to end, waits up to 15 s, then ends it. */
  stop(): Promise<void>;
}

/**
 * Starts `file` with this Node, in a process group of its own: a Ctrl-C in the terminal reaches the starter alone, which
 * stops the parts in their order.
 * @param env the whole environment of the process
 * @param print receives each line that it prints
 */
export function startProcess(
  name: string,
  file: string,
  env: NodeJS.ProcessEnv,
  print: (line: string) => void,
): Running {
  const child: ChildProcess = spawn(process.execPath, [file], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  for (const stream of [child.stdout!, child.stderr!]) {
    createInterface({ input: stream }).on("line", (line) => print(`${name.padEnd(6)} │ ${line}`));
  }
  const exited = once(child, "exit").then(([code]) => code as number | null);
  return {
    name,
    pid: child.pid ?? -1,
    exited,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      const killer = setTimeout(() => child.kill("SIGKILL"), 15_000);
      await exited;
      clearTimeout(killer);
    },
  };
}

/** Waits until `url` answers 200, or `running` ends, or 30 s pass. */
export async function untilHealthy(running: Running, url: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  let ended = false;
  void running.exited.then(() => (ended = true));
  while (Date.now() < deadline) {
    if (ended) throw new Error(`${running.name} ended while it was starting: see its lines above`);
    const ok = await fetch(url, { signal: AbortSignal.timeout(2000) }).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${running.name} does not answer at ${url}`);
}
