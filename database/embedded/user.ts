import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { embeddedError } from "./errors.ts";

/** A system account, as `spawn` wants it. */
export type ServerUser = { name: string; uid: number; gid: number };

/** Where each right sits in a file's mode, counted from "others". */
const EXECUTE = 0o1;
const READ = 0o4;

/**
 * The account that Postgres runs as: `undefined` means "as ourselves". Postgres refuses to run as root, so for root it
 * is the owner of an existing data directory, else `postgres`, else `nobody`. Only accounts that `passwd` lists are
 * chosen, because initdb looks its own name up and fails without one.
 *
 * @param owner uid of an existing data directory; running as its owner keeps it usable with and without root
 * @throws NO_UNPRIVILEGED_USER when root finds neither account
 */
export function serverUser(owner?: number, passwdFile = "/etc/passwd"): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync(passwdFile, "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .filter((fields) => fields.length >= 4 && !fields[0]!.startsWith("#"))
    .map((fields) => ({ name: fields[0]!, uid: Number(fields[2]), gid: Number(fields[3]) }));
  const found =
    (owner ? accounts.find((account) => account.uid === owner) : undefined) ??
    ["postgres", "_postgres", "nobody"]
      .map((name) => accounts.find((account) => account.name === name && account.uid !== 0))
      .find((account) => account !== undefined);
  if (found) return found;
  throw embeddedError("NO_UNPRIVILEGED_USER", "Postgres cannot run as root and no other account exists", {
    hint: "create the account postgres or nobody, or start as an ordinary user",
  });
}

function may(user: ServerUser, path: string, rights: number): boolean {
  const { mode, uid, gid } = statSync(path);
  const shift = uid === user.uid ? 6 : gid === user.gid ? 3 : 0;
  return ((mode >> shift) & rights) === rights;
}

/**
 * Whether `user` can walk to `path`: every folder above it lets that account through. What does not exist yet counts as
 * reachable, since we create it. A checkout under `/root` (mode 0700) is the usual reason for "no".
 */
export function canReach(user: ServerUser | undefined, path: string): boolean {
  if (!user) return true;
  let folder = dirname(resolve(path));
  while (!existsSync(folder)) folder = dirname(folder);
  for (folder = realpathSync(folder); ; folder = dirname(folder)) {
    if (!may(user, folder, EXECUTE)) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** Whether `user` can walk to `path` and read it (and, for a folder or a program, enter or run it). */
export function canUse(user: ServerUser | undefined, path: string): boolean {
  if (!user) return true;
  return canReach(user, path) && may(user, path, statSync(path).isDirectory() ? READ | EXECUTE : READ);
}
