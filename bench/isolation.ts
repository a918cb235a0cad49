import pg from "pg";
import { coverage, findings } from "../isolation/check.ts";
import { loadConfig } from "../isolation/config.ts";
import { matrixRows } from "../isolation/matrix.ts";
import { loadQueries } from "../isolation/queries.ts";
import { snapshot } from "../isolation/drift.ts";
import { withScratch } from "../database/scratch.ts";
import type { Config } from "../isolation/types.ts";

// How long the static checks take, on our schema and on generated ones: tenant tables with a policy for each command, a
// foreign key, grants and a definer function each. Run: node bench/isolation.ts
const sizes = [63, 125, 250, 500];
const runs = 3;

const generated: Config = {
  name: "bench",
  schemas: ["bench"],
  roles: { owners: ["bench_owner"] },
  tenant: { columns: ["tenant_id"] },
  context: { settings: ["bench.tenant"], forgeable: true },
};

await withScratch(null, console.error, async ({ adminUrl }) => {
  const client = new pg.Client({ connectionString: adminUrl });
  client.on("error", () => {});
  await client.connect();
  await client.query("set search_path = pg_catalog");
  await client.query("set jit = off");
  const queries = await loadQueries();
  const ours = await loadConfig(null, client, queries);
  await measure("this project's schema", ours);
  await measure("this project's, in SQL", ours, async () => {
    await client.query("select count(*) from isolation.findings()");
  });
  await client.query("create role bench_owner nologin");
  await client.query("create role bench_web login");
  for (const size of sizes) {
    await client.query("drop schema if exists bench cascade");
    await client.query("create schema bench authorization bench_owner");
    await client.query("grant usage on schema bench to bench_web");
    for (let number = 0; number < size; number++) await client.query(table(number));
    await measure(`${size} generated tables`, generated);
  }
  await client.query("drop schema bench cascade");
  await client.end();

  async function measure(name: string, config: Config, work?: () => Promise<void>): Promise<void> {
    const looked = await coverage(client, queries, config);
    const parts = work
      ? { findings: work }
      : {
          findings: async () => void (await findings(client, queries, config)),
          matrix: async () => void (await matrixRows(client, queries, config)),
          snapshot: async () => void (await snapshot(client, queries, config)),
        };
    const figures: string[] = [];
    for (const [part, run] of Object.entries(parts)) {
      const times: number[] = [];
      for (let count = 0; count < runs; count++) {
        const started = performance.now();
        await run();
        times.push(performance.now() - started);
      }
      const median = times.sort((a, b) => a - b)[Math.floor(runs / 2)]!;
      figures.push(`${part} ${Math.round(median)} ms (${(median / looked.tables).toFixed(2)} a table)`);
    }
    console.log(
      `${name}: ${looked.tables} tables, ${looked.policies} policies, ${looked.functions} functions: ${figures.join(", ")}`,
    );
  }
});

function table(number: number): string {
  const name = `bench.t${number}`;
  const bound = "tenant_id = nullif(current_setting('bench.tenant', true), '')::uuid";
  const parent =
    number === 0
      ? ""
      : `, foreign key (tenant_id, parent_id) references bench.t${number - 1} (tenant_id, id)`;
  return `set role bench_owner;
    create table ${name} (tenant_id uuid not null, id uuid not null, parent_id uuid, label text, size integer, primary key (tenant_id, id)${parent});
    alter table ${name} enable row level security; alter table ${name} force row level security;
    create policy read on ${name} for select to bench_web using (${bound});
    create policy add on ${name} for insert to bench_web with check (${bound});
    create policy change on ${name} for update to bench_web using (${bound} and size > ${number}) with check (${bound});
    create policy remove on ${name} for delete to bench_web using (${bound});
    create policy own on ${name} to bench_owner using (${bound});
    grant select, insert, update (label, size), delete on ${name} to bench_web;
    create function bench.f${number}(id uuid) returns text language sql stable security definer set search_path to pg_catalog, pg_temp
      as $$ select label from ${name} t where t.id = $1 $$;
    revoke all on function bench.f${number}(uuid) from public; grant execute on function bench.f${number}(uuid) to bench_web;
    reset role`;
}
