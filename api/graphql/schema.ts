import "./environment.ts";
import { makeSchema } from "postgraphile";
import type { GraphQLSchema } from "postgraphile/graphql";
import { lexicographicSortSchema, printSchema } from "postgraphile/graphql";
import { createPool } from "../database/pool.ts";
import { createPreset } from "./preset.ts";

/** The schema as text, sorted, so that a difference shows a change and nothing else. */
function schemaText(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}

/** Reads the schema of a deployed database and prints it. */
export async function printDatabaseSchema(databaseUrl: string): Promise<string> {
  const pool = createPool({ databaseUrl, poolSize: 1, statementTimeout: 20_000 });
  try {
    const { schema } = await makeSchema(createPreset({ pool, development: false, log: () => {} }));
    return schemaText(schema);
  } finally {
    await pool.end();
  }
}
