import type pg from "pg";
import { expiredEntries, unusedEntries, weigh } from "./baseline.ts";
import { readOnly } from "./connect.ts";
import { loadQueries, type Queries } from "./queries.ts";
import type { BaselineEntry, CheckResult, Command, Config, Coverage, Finding } from "./types.ts";

/** Every finding of the static checks, worst first, before any baseline. */
export async function findings(client: pg.Client, queries: Queries, config: Config): Promise<Finding[]> {
  const { rows } = await client.query<Record<string, string>>(queries.compile(["all_findings"]), [
    JSON.stringify(config),
  ]);
  return rows.map((row) => ({
    checkId: row["check_id"]!,
    severity: row["severity"] as Finding["severity"],
    object: row["object"]!,
    problem: row["problem"]!,
    mend: row["mend"]!,
    source: row["source"]!,
  }));
}

/** How much there is to look at. */
export async function coverage(client: pg.Client, queries: Queries, config: Config): Promise<Coverage> {
  const { rows } = await client.query(queries.compile(["coverage"]), [JSON.stringify(config)]);
  const { tables, tenant_tables: tenantTables, policies, functions, roles } = rows[0];
  return { tables, tenantTables, policies, functions, roles, checks: queries.checks.length, probes: 0 };
}

/** Puts each finding with its check, and beside it what the baseline accepts. */
function byCheck(
  queries: Queries,
  found: readonly Finding[],
  baseline: readonly BaselineEntry[],
): CheckResult[] {
  const { open, accepted } = weigh(found, baseline);
  return queries.checks.map(({ id, title }) => ({
    id,
    title,
    findings: open.filter((finding) => finding.checkId === id),
    accepted: accepted.filter(({ finding }) => finding.checkId === id),
  }));
}

/** The command `check`: the static checks, in one read-only transaction. */
export const check: Command = async ({ url, config, baseline, progress }) => {
  const queries = await loadQueries();
  return readOnly(url, async (client) => {
    progress(`${queries.checks.length} static checks`);
    const looked = await coverage(client, queries, config);
    const found = await findings(client, queries, config);
    const problems = expiredEntries(baseline);
    // A wrong column name in the model would otherwise pass for a clean database.
    if (looked.tenantTables === 0)
      problems.push("no tenant table was found: tenant.columns or schemas of the model are wrong");
    return {
      coverage: looked,
      checks: byCheck(queries, found, baseline),
      problems,
      // Entries about probes are the probing run's business.
      baselineUnused: unusedEntries(baseline, found).filter((entry) =>
        queries.checks.some(({ id }) => id === entry.id),
      ),
    };
  });
};
