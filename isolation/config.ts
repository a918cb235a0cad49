import { readFile } from "node:fs/promises";
import type pg from "pg";
import { IsolationError } from "./connect.ts";
import type { Queries } from "./queries.ts";
import type { Config } from "./types.ts";

/**
 * The model: a JSON file's, or without one the project's own (functions/isolation/config.sql, from the checked-out files).
 * @throws IsolationError ISOLATION_CONFIG_INVALID naming the file and the field
 */
export async function loadConfig(file: string | null, client: pg.Client, queries: Queries): Promise<Config> {
  if (file === null) {
    const { rows } = await client.query<{ config: Config }>(queries.compile(["config"]), [null]);
    return rows[0]!.config;
  }
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch {
    throw invalid(file, "cannot be read");
  }
  try {
    return checkConfig(JSON.parse(text));
  } catch (error) {
    throw invalid(file, (error as Error).message);
  }
}

function invalid(file: string, problem: string): IsolationError {
  return new IsolationError("ISOLATION_CONFIG_INVALID", `${file}: ${problem}`);
}

const known: Readonly<Record<string, readonly string[]>> = {
  "": [
    "$schema",
    "name",
    "strict",
    "serverVersionNumber",
    "schemas",
    "roles",
    "tenant",
    "context",
    "tables",
    "access",
    "meant",
    "audit",
  ],
  roles: ["admins", "deploy", "owners", "request", "logins", "auditors"],
  tenant: ["columns", "tables"],
  context: ["settings", "conditions", "enter", "forgeable"],
  tables: ["reference", "private", "unforced"],
  audit: ["table", "protected", "functions", "truncate", "unwatched"],
};

// A misspelt field would switch a check off without a word.
function checkConfig(value: unknown): Config {
  const config = object(value, "the configuration");
  for (const [section, fields] of Object.entries(known)) {
    const part = section === "" ? config : config[section];
    if (part === undefined) continue;
    for (const field of Object.keys(object(part, section))) {
      if (!fields.includes(field)) throw new Error(`unknown field ${section && `${section}.`}${field}`);
    }
  }
  if (typeof config["name"] !== "string") throw new Error("name must be a string");
  const columns = (config["tenant"] as Record<string, unknown> | undefined)?.["columns"];
  if (!Array.isArray(columns)) throw new Error("tenant.columns must list the tenant column's names");
  for (const field of ["meant", "access"] as const) {
    for (const entry of (config[field] ?? []) as Record<string, unknown>[]) {
      if (typeof entry["reason"] !== "string" || entry["reason"].trim() === "")
        throw new Error(`every entry of ${field} needs a reason`);
      if (typeof entry["object"] !== "string") throw new Error(`every entry of ${field} needs an object`);
    }
  }
  return config as unknown as Config;
}

function object(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`${what} must be an object`);
  return value as Record<string, unknown>;
}
