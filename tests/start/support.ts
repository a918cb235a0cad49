import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, cp, mkdtemp, rm, symlink } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect } from "vitest";
import { freePort } from "../../database/embedded/port.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const started: ChildProcess[] = [];
const directories: string[] = [];

afterAll(async () => {
  for (const child of started) if (child.exitCode === null) child.kill("SIGKILL");
  for (const directory of directories) await rm(directory, { recursive: true, force: true });
});

/** A directory for data, gone after the test file. Not 0700: the database's own user must be able to pass through it. */
export async function dataDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(os.tmpdir(), "bulkhead-start-"));
  await chmod(directory, 0o755);
  directories.push(directory);
  return directory;
}

/** A copy of the project to change, gone after the test file. */
export async function copyProject(): Promise<string> {
  const base = await dataDirectory();
  const left = new Set(["node_modules", ".git", ".data", "tests", "docs"]);
  await cp(root, base, {
    recursive: true,
    filter: (from) => !left.has(path.relative(root, from)),
  });
  await cp(path.join(root, "tests", "standins"), path.join(base, "tests", "standins"), { recursive: true });
  await symlink(path.join(root, "node_modules"), path.join(base, "node_modules"));
  return base;
}

/** Ports of a system of its own. */
export async function freePorts() {
  return {
    PORT: String(await freePort()),
    SIGN_IN_PORT: String(await freePort()),
    POSTGRES_PORT: String(await freePort()),
    SMTP_PORT: String(await freePort()),
    IMAP_PORT: String(await freePort()),
  };
}

/** A running start.ts. */
export interface Start {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Resolves when the output holds `text`, or the process ends. */
  until(text: string): Promise<void>;
}

/** Runs start.ts with these settings and no others; `base`: of a copy of the project. */
export function start(settings: Record<string, string>, args: readonly string[] = [], base = root): Start {
  const child = spawn(process.execPath, ["start.ts", ...args], {
    cwd: base,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(child);
  let text = "";
  child.stdout!.on("data", (chunk) => (text += chunk));
  child.stderr!.on("data", (chunk) => (text += chunk));
  return {
    child,
    output: () => text,
    async until(wanted) {
      while (!text.includes(wanted) && child.exitCode === null && child.signalCode === null) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(text).toContain(wanted);
    },
  };
}

/** Ctrl-C; the exit code. */
export async function stop({ child }: Start): Promise<number | null> {
  child.kill("SIGINT");
  if (child.exitCode === null) await once(child, "exit");
  return child.exitCode;
}
