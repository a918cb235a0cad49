import { createHash } from "node:crypto";
import { lstatSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { embeddedError } from "./errors.ts";
import { canReach, type ServerUser } from "./user.ts";

/**
 * A folder outside the checkout for what the server's account cannot reach inside it, the same one each time for the
 * same `key`. It belongs to us and only we can write to it.
 *
 * The name can be guessed and the temporary folder is everyone's: someone else could put their own folder (or a link)
 * there first and have us run their binaries or serve their data. So a folder that is not ours, or that others may
 * write to, is refused.
 *
 * @throws UNSAFE_DIRECTORY
 */
export function fallbackDirectory(kind: string, key: string, user: ServerUser | undefined): string {
  const self = process.getuid?.() ?? 0;
  const name = `bulkhead-${kind}-${self}-${createHash("sha256").update(key).digest("hex").slice(0, 16)}`;
  const base = [tmpdir(), "/tmp", "/var/tmp"].find((folder) => canReach(user, join(folder, name)));
  if (base === undefined) {
    throw embeddedError(
      "UNSAFE_DIRECTORY",
      `no temporary folder can be reached by the account ${user?.name}`,
      {
        hint: "set TMPDIR to a folder that everyone may enter",
      },
    );
  }
  const path = join(base, name);
  try {
    mkdirSync(path, { mode: 0o755 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const found = lstatSync(path);
  if (!found.isDirectory() || found.uid !== self || (found.mode & 0o022) !== 0) {
    throw embeddedError("UNSAFE_DIRECTORY", `${path} exists and is not a folder that only we can write to`, {
      hint: "remove it, or set TMPDIR to another folder",
    });
  }
  return path;
}
