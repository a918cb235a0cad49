import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, lchownSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Binaries } from "./binaries.ts";
import { embeddedError } from "./errors.ts";
import { fallbackDirectory } from "./fallback_directory.ts";
import { canReach, type ServerUser } from "./user.ts";

/** What initdb and the server see of our environment: the key ring and every other secret in it stay out. */
export const SERVER_ENVIRONMENT = { PATH: "/usr/bin:/bin", LC_ALL: "C" };

const LOCALE = {
  "18": ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"],
  // Byte order as on 18, and a character type that knows letters beyond ASCII, as on 18.
  "15": ["--locale=C", "--lc-ctype=C.UTF-8"],
};

/**
 * Where the data really goes: the wanted place with links resolved, or, when the server's account cannot walk there, a
 * folder of the same key elsewhere, which `log` names. Creates the folders above it.
 */
export function placeDataDirectory(
  wanted: string,
  user: ServerUser | undefined,
  log: (message: string) => void,
): string {
  const path = existsSync(wanted) ? realpathSync(wanted) : resolve(wanted);
  if (!canReach(user, path)) {
    const place = join(fallbackDirectory("data", path, user), basename(path));
    log(`data is kept in ${place}, because the account ${user?.name} cannot reach ${path}`);
    return place;
  }
  const created = mkdirSync(dirname(path), { recursive: true });
  if (created !== undefined && user) {
    // A strict umask would shut the server's account out of folders that we have just made for it.
    for (let folder = dirname(path); folder.length >= created.length; folder = dirname(folder)) {
      chmodSync(folder, 0o711);
    }
  }
  return join(realpathSync(dirname(path)), basename(path));
}

/** uid of an existing data directory, `undefined` when there is none or it is root's. */
export function ownerOf(dataDir: string): number | undefined {
  return statSync(dataDir, { throwIfNoEntry: false })?.uid || undefined;
}

const isEmpty = (dataDir: string): boolean =>
  statSync(dataDir).isDirectory() && readdirSync(dataDir).length === 0;

/** Whether initdb has to run: there is no directory yet, or an empty one. */
export function isUninitialised(dataDir: string): boolean {
  return !existsSync(dataDir) || isEmpty(dataDir);
}

/**
 * @throws DATA_DIRECTORY_CORRUPT when the directory is not a whole one of this Postgres version
 * @throws DATA_DIRECTORY_FORBIDDEN when it belongs to someone else
 */
export function assertDataDirectory(dataDir: string, version: string, user: ServerUser | undefined): void {
  const owner = statSync(dataDir).uid;
  const self = process.getuid?.();
  if (!user && self !== undefined && owner !== self) {
    throw embeddedError("DATA_DIRECTORY_FORBIDDEN", `${dataDir} belongs to another account (uid ${owner})`, {
      hint: "start as that account (or root, if root made it), or choose another data directory",
    });
  }
  for (const file of ["PG_VERSION", "global/pg_control", "pg_hba.conf"]) {
    if (!existsSync(join(dataDir, file)))
      throw corrupt(`${dataDir} is not a whole Postgres directory: no ${file}`);
  }
  const found = readFileSync(join(dataDir, "PG_VERSION"), "utf8").trim();
  if (found !== version) {
    const shown = /^[0-9.]{1,8}$/.test(found) ? `Postgres ${found}` : "an unknown version";
    throw corrupt(`${dataDir} was made by ${shown} and this is Postgres ${version}`);
  }
}

export function corrupt(message: string) {
  return embeddedError("DATA_DIRECTORY_CORRUPT", message, {
    hint: "restore it from a backup, or move it away to start with an empty database",
  });
}

/** Gives a data directory that root owns (a copy, a restored backup) to the server's account. Links are not followed. */
export function giveTo(dataDir: string, user: ServerUser, log: (message: string) => void): void {
  if (statSync(dataDir).uid === user.uid) return;
  log(`${dataDir} now belongs to the account ${user.name}, which Postgres runs as`);
  for (const path of ["", ...readdirSync(dataDir, { recursive: true, encoding: "utf8" })]) {
    lchownSync(join(dataDir, path), user.uid, user.gid);
  }
  // Postgres refuses a directory that others may enter, and copies rarely keep the mode.
  chmodSync(dataDir, 0o700);
}

/**
 * Runs initdb beside the wanted place and renames the result into it, so an interrupted run never leaves half a
 * database behind. Every connection of the new cluster, local ones too, asks for a password (SCRAM-SHA-256).
 *
 * @param options.sync `false` leaves writing to disk to the system: for clusters that may be lost with the machine
 * @throws BINARIES_MISSING when the programs do not run on this system
 * @throws DATA_DIRECTORY_CORRUPT when initdb fails, with its last lines
 */
export async function initialise(
  dataDir: string,
  binaries: Binaries,
  password: string,
  user: ServerUser | undefined,
  options: { sync?: boolean } = {},
): Promise<void> {
  const prefix = `.${basename(dataDir)}.initdb-`;
  removeAbandoned(dirname(dataDir), prefix);
  const work = join(dirname(dataDir), `${prefix}${process.pid}-${randomBytes(6).toString("hex")}`);
  const passwordFile = join(work, "password");
  try {
    mkdirSync(work, { mode: 0o700 });
    writeFileSync(passwordFile, `${password}\n`, { mode: 0o600, flag: "wx" });
    if (user) for (const path of [passwordFile, work]) lchownSync(path, user.uid, user.gid);
    await run(join(binaries.binDir, "initdb"), user, [
      `--pgdata=${join(work, "data")}`,
      `--pwfile=${passwordFile}`,
      "--username=postgres",
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--data-checksums",
      "--no-instructions",
      ...LOCALE[binaries.version],
      ...(options.sync === false ? ["--no-sync"] : []),
    ]);
    rename(join(work, "data"), dataDir);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** A run that was killed leaves its folder, and in it the password: gone when its process is. */
function removeAbandoned(parent: string, prefix: string): void {
  for (const name of readdirSync(parent)) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length).split("-")[0]) : 0;
    if (pid > 0 && !isAlive(pid)) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    // Another process initialised the same place meanwhile: its directory is as good as ours.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
  }
}

function run(program: string, user: ServerUser | undefined, args: string[]): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(program, args, {
      cwd: "/",
      env: SERVER_ENVIRONMENT,
      stdio: ["ignore", "ignore", "pipe"],
      ...(user && { uid: user.uid, gid: user.gid }),
    });
    let output = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output = (output + text).slice(-4000)));
    child.once("error", (cause) => fail(notRunnable(program, cause)));
    child.once("close", (code) => {
      if (code === 0) return done();
      if (code === 127 || /error while loading shared libraries/.test(output))
        return fail(notRunnable(program, output));
      const lines = output.trim().split("\n").slice(-5).join("\n");
      fail(embeddedError("DATA_DIRECTORY_CORRUPT", `initdb failed and left nothing behind:\n${lines}`));
    });
  });
}

/** The binaries are for glibc: on a musl system the file is there and still "not found". */
export function notRunnable(program: string, cause: unknown) {
  return embeddedError("BINARIES_MISSING", `${program} does not run on this system`, {
    hint: "the binaries need glibc (not Alpine); or set DATABASE_URL to a Postgres of your own",
    cause,
  });
}
