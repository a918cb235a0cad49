import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";
import type pg from "pg";

const folder = fileURLToPath(new URL("../../functions/isolation", import.meta.url));

interface SqlFunction {
  readonly name: string;
  readonly text: string;
  readonly uses: readonly string[];
}

/**
 * Makes the checked-out functions of functions/isolation/ in a schema of their own, inside the caller's transaction:
 * probing works on a database that has none of them, and what somebody changed in that database's own copy changes
 * nothing here. Nobody is granted anything; the caller rolls back.
 * @returns the schema's name, of this transaction's own, so that two runs at once do not wait for each other
 */
export async function installProbes(client: pg.Client, base = folder): Promise<string> {
  const schema = `isolation_run_${randomBytes(4).toString("hex")}`;
  await client.query(`create schema ${schema}`);
  // Text bodies may name what comes later; BEGIN ATOMIC bodies may not, so what they use comes first.
  await client.query("set local check_function_bodies = off");
  for (const one of ordered(await readFunctions(base, schema))) await client.query(one.text);
  return schema;
}

async function readFunctions(base: string, schema: string): Promise<SqlFunction[]> {
  const files = (await readdir(base)).filter((name) => name.endsWith(".sql")).sort();
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(path.join(base, file), "utf8");
      const code = text.replaceAll(/^\s*--.*$/gm, "");
      return {
        name: file.slice(0, -4),
        text: text
          .replaceAll(/^(grant|comment) [^;]*;$/gm, "")
          .replaceAll(/\bisolation\.(?=[a-z_0-9]+\()/g, `${schema}.`),
        uses: [...code.matchAll(/\bisolation\.([a-z_0-9]+)\(/g)].map((match) => match[1]!),
      };
    }),
  );
}

function ordered(functions: readonly SqlFunction[]): SqlFunction[] {
  const byName = new Map(functions.map((one) => [one.name, one]));
  const done = new Set<SqlFunction>();
  const visit = (one: SqlFunction, path: readonly string[]): void => {
    if (done.has(one) || path.includes(one.name)) return;
    for (const used of one.uses) {
      const next = byName.get(used);
      if (next) visit(next, [...path, one.name]);
    }
    done.add(one);
  };
  // The probes and what they stand on, not the rest of the folder.
  for (const one of functions)
    if (one.name.startsWith("probe_") && !one.name.startsWith("probe_as_")) visit(one, []);
  return [...done];
}
