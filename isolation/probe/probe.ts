import { expiredEntries, isAbout, isExpired, unusedEntries } from "../baseline.ts";
import { coverage } from "../check.ts";
import { readOnly } from "../connect.ts";
import { loadQueries } from "../queries.ts";
import type { BaselineEntry, Command, ProbeResult } from "../types.ts";
import { probeCopy } from "./copy.ts";
import { groupTitles, probeGroups } from "./groups.ts";
import { probeResidue } from "./residue.ts";
import { withProbes } from "./session.ts";

/**
 * The command `probe`: every attempt of the checklist, as every role, in a transaction that is rolled back. A run that tried
 * nothing is a failure, and so is a tenant table whose rows could not be made.
 */
export const probe: Command = async ({ url, config, baseline, progress }) => {
  const queries = await loadQueries();
  const looked = await readOnly(url, (client) => coverage(client, queries, config));
  const found = await withProbes(url, config, async (session) => {
    progress("two synthetic tenants are seeded");
    const results: ProbeResult[] = [];
    for (const group of probeGroups) {
      const started = Date.now();
      const some = await session.run(group);
      results.push(...some);
      const open = some.filter((one) => one.verdict !== "pass").length;
      progress(`${groupTitles[group]}: ${some.length} probes, ${open} open (${Date.now() - started} ms)`);
    }
    results.push(...(await probeCopy(session)));
    return results;
  });
  const residue = await probeResidue(url, config);
  progress(`leaving residue on a pooled connection: ${residue.length} probes`);
  const probes = weighProbes([...found, ...residue], baseline);
  const problems = expiredEntries(baseline);
  if (probes.length === 0) problems.push("not one probe ran");
  if (looked.tenantTables === 0)
    problems.push("no tenant table was found: tenant.columns or schemas of the model are wrong");
  return {
    coverage: { ...looked, checks: 0, probes: probes.length },
    probes,
    problems,
    baselineUnused: unusedEntries(baseline, [], found.concat(residue)).filter((entry) =>
      ["S1", "S2"].includes(entry.id),
    ),
  };
};

/** A failed probe that the baseline accepts passes, and says so. An unreliable one is never accepted. */
export function weighProbes(
  probes: readonly ProbeResult[],
  baseline: readonly BaselineEntry[],
  now = new Date(),
): ProbeResult[] {
  return probes.map((one) => {
    if (one.verdict !== "fail") return one;
    const [id, object] = [one.id.slice(0, one.id.indexOf(" ")), one.id.slice(one.id.indexOf(" ") + 1)];
    const entry = baseline.find((candidate) => !isExpired(candidate, now) && isAbout(candidate, id, object));
    return entry
      ? {
          ...one,
          verdict: "pass",
          detail: `accepted until ${entry.expires}: ${entry.reason} (${one.detail})`,
        }
      : one;
  });
}
