import { expiredEntries, isAbout, isExpired, unusedEntries } from "../baseline.ts";
import { coverage } from "../check.ts";
import { readOnly } from "../connect.ts";
import { loadQueries } from "../queries.ts";
import type { BaselineEntry, Command, CommandResult, Coverage, ProbeResult } from "../types.ts";
import { probeCopy } from "./copy.ts";
import { isSuperuser, probeDeployed } from "./deployed.ts";
import { groupTitles, probeGroups } from "./groups.ts";
import { probeResidue } from "./residue.ts";
import { probeSnapshots } from "./snapshot.ts";
import { withProbes } from "./session.ts";

/**
 * The command `probe`: every attempt of the checklist, as every role, in a transaction that is rolled back. A run that tried
 * nothing is a failure, and so is a tenant table whose rows could not be made. A superuser runs the checked-out probes; the
 * auditor's login gets what the deployed isolation.probe() attempts for it.
 */
export const probe: Command = async ({ url, config, baseline, progress }) => {
  const queries = await loadQueries();
  const looked = await readOnly(url, (client) => coverage(client, queries, config));
  const deployed = (await isSuperuser(url)) ? null : await probeDeployed(url, config);
  if (deployed !== null) {
    progress(`asked the deployed isolation.probe(): ${deployed.results.length} probes`);
    // What a superuser alone attempts was not, so nothing says that its entries are unused.
    return { ...report(looked, deployed.results, deployed.problems, baseline), baselineUnused: [] };
  }
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
  const snapshots = await probeSnapshots(url, config);
  progress(`reading in transactions that keep a snapshot: ${snapshots.length} probes`);
  const residue = await probeResidue(url, config);
  progress(`leaving residue on a pooled connection: ${residue.length} probes`);
  return report(looked, [...found, ...snapshots, ...residue], [], baseline);
};

function report(
  looked: Coverage,
  found: readonly ProbeResult[],
  faults: readonly string[],
  baseline: readonly BaselineEntry[],
): CommandResult {
  const probes = weighProbes(found, baseline);
  const problems = [...expiredEntries(baseline), ...faults];
  if (probes.length === 0) problems.push("not one probe ran");
  if (looked.tenantTables === 0)
    problems.push("no tenant table was found: tenant.columns or schemas of the model are wrong");
  return {
    coverage: { ...looked, checks: 0, probes: probes.length },
    probes,
    problems,
    baselineUnused: unusedEntries(baseline, [], found).filter((entry) => ["S1", "S2"].includes(entry.id)),
  };
}

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
