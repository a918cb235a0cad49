import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";

/** One SQL file of functions/ or policies/. */
export interface SqlFile {
  /** Path from the project's root, with forward slashes. */
  readonly path: string;
  /** The schema whose owner applies it; null: applied by deploy itself. */
  readonly schema: string | null;
  readonly text: string;
}

const root = fileURLToPath(new URL("..", import.meta.url));

/** The SQL files below a folder of the project, in a stable order. `<folder>/<schema>/<name>.sql`, or `<folder>/<name>.sql`. */
export async function readSqlFiles(folder: "functions" | "policies", base = root): Promise<SqlFile[]> {
  const entries = await readdir(path.join(base, folder), { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".sql"))
    .map((entry) => path.relative(base, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"))
    .sort();
  return Promise.all(
    files.map(async (file) => {
      const parts = file.split("/");
      return {
        path: file,
        schema: parts.length === 3 ? parts[1]! : null,
        text: await readFile(path.join(base, file), "utf8"),
      };
    }),
  );
}

/** One hash over names and texts: equal hashes, equal files. */
export function hashFiles(files: readonly SqlFile[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file.path}\0${file.text}\0`);
  return hash.digest("hex");
}
