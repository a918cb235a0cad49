// Makes one command enough on a fresh clone: runs before `npm start`, `npm test` and the others (prestart, pretest, …),
// installs what package-lock.json names when node_modules is missing or old, and sees to it that a Node new enough to
// run TypeScript is next on PATH. npm has put node_modules/.bin on PATH already, also when the folder did not exist.
//
// Plain JavaScript without dependencies: it runs on any Node >= 20, before anything is installed.

import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const wanted = join(root, "package-lock.json");
const installed = join(root, "node_modules", ".package-lock.json");
const ownBin = join(root, "node_modules", ".bin");
const lock = join(root, ".cache", "prepare.lock");

try {
  if (!isCurrent()) await underLock(async () => isCurrent() || (await install()));
  checkNode();
} catch (error) {
  console.error(`\nbulkhead: ${error.message}`);
  process.exitCode = 1;
}

/**
 * npm writes node_modules/.package-lock.json last, so an interrupted installation never looks current. When
 * package-lock.json is younger (a new clone, a switched branch, a restored cache) its content decides.
 */
function isCurrent() {
  if (!existsSync(installed)) return false;
  if (statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return true;
  if (!sameContent()) return false;
  try {
    const now = new Date();
    utimesSync(installed, now, now);
  } catch {
    // A read-only node_modules is compared again next time.
  }
  return true;
}

function sameContent() {
  try {
    const { "": _root, ...want } = JSON.parse(readFileSync(wanted, "utf8")).packages;
    const have = JSON.parse(readFileSync(installed, "utf8")).packages;
    const key = (entry) => `${entry.version} ${entry.integrity} ${entry.link}`;
    const same = Object.keys(have).every((name) => want[name] && key(want[name]) === key(have[name]));
    // Optional packages of other platforms are rightly absent.
    return same && Object.keys(want).every((name) => have[name] || want[name].optional);
  } catch {
    return false;
  }
}

async function install() {
  console.log("bulkhead: installing packages (npm ci), once …");
  // Not with the Node and the tools inside node_modules: npm ci deletes that folder first.
  const outside = (process.env.PATH ?? "").split(delimiter).filter((folder) => resolve(folder) !== ownBin);
  const env = { ...process.env, PATH: outside.join(delimiter) };
  // The only warnings are that the Node in use is too old for what Node 24 will run.
  const args = [
    "ci",
    "--include=optional",
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ];
  const npm = process.env.npm_execpath ?? "";
  const viaNode = /npm-cli\.c?js$/.test(npm) && existsSync(npm);
  const node = process.execPath.startsWith(join(root, "node_modules")) ? "node" : process.execPath;
  const [code, signal] = await run(viaNode ? node : "npm", viaNode ? [npm, ...args] : args, env);
  if (signal) throw new Error(`npm ci was stopped (${signal}); the next start installs again`);
  if (code !== 0) throw new Error(`npm ci failed (exit ${code}); its messages are above`);
}

function run(command, args, env) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd: root, env, stdio: "inherit" });
    // Ctrl-C reaches npm too, being in our process group: its end is awaited, so that the lock outlives it.
    const ignore = () => {};
    process.on("SIGINT", ignore);
    process.on("SIGTERM", () => child.kill("SIGTERM"));
    child.once("error", (error) => fail(new Error(`${command} cannot be run: ${error.message}`)));
    child.once("close", (...end) => {
      process.off("SIGINT", ignore);
      done(end);
    });
  });
}

/**
 * Two commands at once must not both empty and fill node_modules. The lock names its holder, and counts for nothing
 * once that process is gone.
 */
async function underLock(work) {
  mkdirSync(dirname(lock), { recursive: true });
  await take(lock, "bulkhead: another command is installing packages, waiting for it …");
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

async function take(path, notice) {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify({ pid: process.pid, life: lifeOf(process.pid) }));
  try {
    for (;;) {
      try {
        // A link, because it appears with its content: nobody ever reads a lock without a holder.
        return linkSync(draft, path);
      } catch (error) {
        if (error.code !== "EEXIST") throw error;
      }
      if (holderIsGone(path)) {
        await removeStale(path);
        continue;
      }
      if (notice) console.log(notice);
      notice = "";
      await sleep(200);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Removing is itself done by one process at a time: between our look at a dead lock and its removal, another could have
 * replaced it by its own, living one.
 */
async function removeStale(path) {
  if (path.endsWith(".remove")) return rmSync(path, { force: true });
  await take(`${path}.remove`, "");
  try {
    if (holderIsGone(path)) rmSync(path, { force: true });
  } finally {
    rmSync(`${path}.remove`, { force: true });
  }
}

function holderIsGone(path) {
  try {
    const { pid, life } = JSON.parse(readFileSync(path, "utf8"));
    return lifeOf(pid) !== life;
  } catch (error) {
    return error.code !== "ENOENT";
  }
}

/** When a process began, so that a number used again is not taken for the same process; "" when there is none. */
function lifeOf(pid) {
  try {
    if (process.platform !== "linux") {
      return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
    }
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${fields[19]}`;
  } catch {
    return "";
  }
}

/** The Node that the command after us will run: the one from npm, else the one on PATH. */
function checkNode() {
  const own = join(ownBin, "node");
  if (existsSync(own)) {
    const { stdout, error, status } = spawnSync(own, ["--version"], { encoding: "utf8" });
    if (status === 0 && runsTypeScript(stdout)) return;
    if (status === null && error?.code !== "ENOENT") {
      throw new Error(`${own} could not be run (${error?.code ?? "stopped by a signal"}); try again`);
    }
    // It stands first on PATH: left there, an unusable one (glibc's on Alpine) would shadow the system's good one.
    rmSync(own, { force: true });
  }
  if (runsTypeScript(process.version)) return;
  throw new Error(
    `Node 22.18 or newer is needed and this is ${process.version}. npm brings Node 24 along on Linux with glibc only; ` +
      "install it from https://nodejs.org and run the command again",
  );
}

/** Type stripping without a flag came with 22.18 and 23.6. */
function runsTypeScript(version) {
  const [major, minor] = version.replace("v", "").split(".").map(Number);
  return major >= 24 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);
}
