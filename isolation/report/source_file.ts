import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import path from "node:path";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * The file that says what an object is, from the project's root: where to mend it. Null where no file is known.
 * @param object `schema.table`, `schema.table.policy`, `schema.function(…)`, `role x`, …
 */
export function sourceFile(object: string): string | null {
  const [schema, name] = object.replace(/\(.*/s, "").split(".");
  const candidates = name
    ? [`policies/${schema}/${name}.sql`, `functions/${schema}/${name}.sql`]
    : object.startsWith("role ")
      ? ["migrations/roles.sql"]
      : object.startsWith("schema ")
        ? ["policies/schemas.sql"]
        : [];
  // Names come from the database: only plain ones are looked up on disk.
  return (
    candidates.find(
      (file) => /^[\w/.]+$/.test(file) && !file.includes("..") && existsSync(path.join(root, file)),
    ) ?? null
  );
}
