import { fileURLToPath } from "node:url";
import { commitMigration } from "./commit_migration.ts";

// npm run db:commit -- "message": turns migrations/current.sql into the next committed migration. Tests name another folder.
const [message, folder = fileURLToPath(new URL("../migrations", import.meta.url))] = process.argv.slice(2);
if (!message) {
  console.error('bulkhead: a message is missing: npm run db:commit -- "add a table"');
  process.exit(1);
}
try {
  const file = await commitMigration(folder, message, (line) => console.error(line));
  console.log(`bulkhead: ${file} is committed; npm run deploy runs it`);
} catch (error) {
  console.error(`bulkhead: ${(error as Error).message}`);
  process.exitCode = 1;
}
