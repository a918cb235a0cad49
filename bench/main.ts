import { startBenchSystem } from "./system.ts";
import { pageByGraphql } from "./page_graphql.ts";
import { pageBySql } from "./page_sql.ts";
import { stopProcesses } from "./processes.ts";
import { sealedBodies } from "./sealed.ts";

// npm run bench [-- NAME …]: measures on a Postgres of its own and prints ratios, medians of paired runs.
const benches: Record<string, (system: Awaited<ReturnType<typeof startBenchSystem>>) => Promise<string[]>> = {
  page_sql: pageBySql,
  page_graphql: pageByGraphql,
  sealed: sealedBodies,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !benches[name]);
if (unknown.length > 0) {
  console.error(
    `bulkhead: there is no benchmark ${unknown.join(", ")}; there are ${Object.keys(benches).join(", ")}`,
  );
  process.exit(1);
}
console.error("bench: 200 workspaces, 200,000 messages …");
const system = await startBenchSystem({ workspaces: 200, messages: 200_000 });
try {
  for (const [name, bench] of Object.entries(benches)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    console.error(`bench: ${name} …`);
    for (const row of await bench(system)) console.log(row);
  }
} finally {
  await stopProcesses();
  await system.stop();
}
