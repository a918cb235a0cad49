import type { Report } from "../types.ts";
import { isClean } from "../verdict.ts";

const counted = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** What was looked at and what came of it, in two or three plain lines. */
export function summary(report: Report): string[] {
  const { coverage, target } = report;
  const looked = [
    coverage.checks > 0 && counted(coverage.checks, "check"),
    (coverage.probes || report.probes.length) > 0 &&
      counted(coverage.probes || report.probes.length, "probe"),
    report.mutants.length > 0 && counted(report.mutants.length, "mutant"),
  ].filter((part) => part !== false);
  const over = [
    `${counted(coverage.tables, "table")} (${coverage.tenantTables} of tenants)`,
    counted(coverage.policies, "policy", "policies"),
    counted(coverage.functions, "function"),
    counted(coverage.roles, "role"),
  ].join(", ");
  const lines = [
    `${target.database} on PostgreSQL ${target.serverVersion}, as ${target.user}, against the model ${target.model}`,
    ...(coverage.tables > 0
      ? [
          `${looked.length > 0 ? `${looked.join(", ")} over ` : ""}${over}, in ${(report.durationMs / 1000).toFixed(1)} s`,
        ]
      : []),
  ];
  const open = report.checks.flatMap((check) => check.findings);
  const accepted = report.checks.reduce((sum, check) => sum + check.accepted.length, 0);
  const verdicts = [
    open.length > 0 && counted(open.length, "finding"),
    accepted > 0 && counted(accepted, "accepted risk"),
    ...(["fail", "unreliable"] as const).map((verdict) => {
      const count = report.probes.filter((probe) => probe.verdict === verdict).length;
      return count > 0 && `${counted(count, "probe")} ${verdict === "fail" ? "failed" : "unreliable"}`;
    }),
    report.differences.length > 0 && counted(report.differences.length, "difference"),
    report.mutants.length > 0 &&
      counted(
        report.mutants.filter((one) => one.killedBy === null && one.equivalent === undefined).length,
        "survivor",
      ),
    report.problems.length > 0 && counted(report.problems.length, "problem"),
  ].filter((part) => part !== false);
  return [...lines, [isClean(report) ? "clean" : "not clean", ...verdicts].join(" · ")];
}
