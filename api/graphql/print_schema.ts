import { writeFile } from "node:fs/promises";
import { withScratch } from "../../database/scratch.ts";
import { printDatabaseSchema } from "./schema.ts";

// npm run codegen: writes schema.graphql from what the migrations, functions and policies of this checkout make of an
// empty database. The client's types are then generated from that file.
try {
  const text = await withScratch(
    null,
    () => {},
    ({ url }) => printDatabaseSchema(url("bulkhead_api")),
  );
  await writeFile(new URL("../../schema.graphql", import.meta.url), text);
} catch (error) {
  console.error(`bulkhead: ${(error as Error).message}`);
  process.exitCode = 1;
}
