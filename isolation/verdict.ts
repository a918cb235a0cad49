import type { Report } from "./types.ts";

/** What a reporter shows as one case: a check, a probe, a difference, a mutant. */
export interface Case {
  readonly group: "check" | "probe" | "drift" | "mutant" | "run";
  readonly id: string;
  readonly title: string;
  readonly passed: boolean;
  /** One line each; empty when it passed without a remark. */
  readonly lines: readonly string[];
  /** Passed because somebody accepted it. */
  readonly accepted: readonly string[];
}

/** A report as a list of passed and failed cases, for the formats that know nothing else. */
export function cases(report: Report): Case[] {
  return [
    ...report.checks.map((check): Case => ({
      group: "check",
      id: check.id,
      title: check.title,
      passed: check.findings.length === 0,
      lines: check.findings.map(
        (one) => `${one.severity}: ${one.object}: ${one.problem} (mend: ${one.mend})`,
      ),
      accepted: check.accepted.map(
        ({ finding, entry }) => `${finding.object}: ${entry.reason} (until ${entry.expires})`,
      ),
    })),
    ...report.probes.map((probe): Case => ({
      group: "probe",
      id: probe.id,
      title: probe.title,
      passed: probe.verdict === "pass",
      lines: probe.verdict === "pass" ? [] : [`${probe.verdict}: ${probe.detail}`],
      accepted: [],
    })),
    ...report.differences.map((one): Case => ({
      group: "drift",
      id: `${one.kind} ${one.object}`,
      title: one.change,
      passed: false,
      lines: [`files: ${one.expected ?? "nothing"}`, `database: ${one.actual ?? "nothing"}`],
      accepted: [],
    })),
    ...report.mutants.map((mutant): Case => ({
      group: "mutant",
      id: mutant.id,
      title: mutant.description,
      passed: mutant.killedBy !== null || mutant.equivalent !== undefined,
      lines:
        mutant.killedBy === null && mutant.equivalent === undefined
          ? ["survived: no check or probe finds it"]
          : [],
      accepted: mutant.equivalent === undefined ? [] : [`equivalent: ${mutant.equivalent}`],
    })),
    ...report.problems.map((problem, index): Case => ({
      group: "run",
      id: `run ${index + 1}`,
      title: "the run is sound",
      passed: false,
      lines: [problem],
      accepted: [],
    })),
  ];
}

/** Whether there is nothing to mend: exit code 0, otherwise 1. */
export function isClean(report: Report): boolean {
  return cases(report).every((one) => one.passed);
}
