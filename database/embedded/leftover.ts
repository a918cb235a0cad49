import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { embeddedError } from "./errors.ts";

/**
 * The setting (a name of our own, which Postgres keeps without reading it) that carries our process id on the server's
 * command line. A server whose parent is still that process is in use; one that was handed to another parent outlived
 * its launcher. A file would say less: process ids are used again, a parent is not.
 */
export const LAUNCHER_SETTING = "bulkhead.launcher";

const STOP_TIMEOUT_MS = 10_000;

type Process = { parent: number; command: string; folder?: string };

/** What runs under a process id, or `undefined` when nothing (or only a zombie) does. */
function inspect(pid: number): Process | undefined {
  try {
    if (process.platform !== "linux") {
      const line = execFileSync("ps", ["-ww", "-o", "ppid=,command=", "-p", String(pid)], {
        encoding: "utf8",
      });
      const [, parent, command] = /^\s*(\d+)\s+(.*)$/m.exec(line) ?? [];
      return command === undefined ? undefined : { parent: Number(parent), command };
    }
    // Fields after the last ")": the program's name before it may itself hold spaces and brackets.
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ");
    if (state === "Z" || state === "X") return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").join(" ");
    return { parent: Number(parent), command, folder: workingFolder(pid) };
  } catch {
    return undefined;
  }
}

function workingFolder(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/** The first lines of `postmaster.pid`, documented in Postgres' `miscadmin.h`; `status` is its eighth. */
export function readPidFile(dataDir: string): { pid: number; status: string } | undefined {
  try {
    const lines = readFileSync(join(dataDir, "postmaster.pid"), "utf8").split("\n");
    const pid = Number.parseInt(lines[0] ?? "", 10);
    return pid > 0 ? { pid, status: (lines[7] ?? "").trim() } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Clears the way when a server still holds this data directory. One of ours whose launcher has died (`kill -9`) is
 * stopped cleanly; a `postmaster.pid` that names a stranger or nobody is removed.
 *
 * @param dataDir absolute, links resolved
 * @throws ALREADY_RUNNING when another living process owns the server, or it does not stop
 */
export async function clearLeftover(dataDir: string, log: (message: string) => void): Promise<void> {
  const { pid } = readPidFile(dataDir) ?? {};
  if (pid === undefined) return;
  const found = inspect(pid);
  const isOurs =
    found !== undefined &&
    /(^|\/)postgres /.test(found.command) &&
    (found.folder === dataDir || `${found.command} `.includes(` -D ${dataDir} `));
  if (!isOurs) {
    log(`removed the postmaster.pid of a server that no longer runs (process ${pid})`);
    // Postgres would refuse to start when the number meanwhile belongs to another process of the same account.
    rmSync(join(dataDir, "postmaster.pid"), { force: true });
    return;
  }
  const launcher = Number(new RegExp(`${LAUNCHER_SETTING}=(\\d+)`).exec(found.command)?.[1]);
  if (Number.isNaN(launcher) || launcher === found.parent) throw alreadyRunning(dataDir, pid, launcher);

  log(`stopping Postgres ${pid}, which outlived the process that started it`);
  try {
    process.kill(pid, "SIGINT");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ESRCH")
      throw alreadyRunning(dataDir, pid, launcher, cause);
  }
  for (const end = Date.now() + STOP_TIMEOUT_MS; Date.now() < end; await sleep(20)) {
    if (!inspect(pid)) return;
  }
  throw alreadyRunning(dataDir, pid, launcher);
}

export function alreadyRunning(dataDir: string, pid?: number, launcher?: number, cause?: unknown) {
  const by = launcher ? `, started by process ${launcher},` : "";
  return embeddedError("ALREADY_RUNNING", `Postgres${pid ? ` ${pid}` : ""}${by} already serves ${dataDir}`, {
    hint: launcher
      ? `stop process ${launcher} first`
      : pid
        ? `stop it first: kill -INT ${pid}`
        : "stop it first",
    pid,
    cause,
  });
}
