import type { Finding, Reporter, Severity } from "../types.ts";
import { cases } from "../verdict.ts";
import { sourceFile } from "./source_file.ts";

const levels: Readonly<Record<Severity, string>> = {
  critical: "error",
  high: "error",
  medium: "warning",
  low: "note",
};
// GitHub sorts security alerts by this number: https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
const scores: Readonly<Record<Severity, string>> = {
  critical: "9.5",
  high: "8.0",
  medium: "5.0",
  low: "2.0",
};

/** SARIF 2.1.0, for code scanning. What is accepted is in it as suppressed, with the reason. */
export const sarif: Reporter = (report) => {
  const worst = new Map<string, Severity>();
  for (const check of report.checks) {
    const one = [...check.findings, ...check.accepted.map(({ finding }) => finding)][0];
    worst.set(check.id, one?.severity ?? "medium");
  }
  const results = report.checks.flatMap((check) => [
    ...check.findings.map((finding) => result(finding, report.target.database)),
    ...check.accepted.map(({ finding, entry }) => ({
      ...result(finding, report.target.database),
      suppressions: [
        { kind: "external", status: "accepted", justification: `${entry.reason} (until ${entry.expires})` },
      ],
    })),
  ]);
  const others = cases(report)
    .filter((one) => one.group !== "check" && !one.passed)
    .map((one) => ({
      ruleId: one.group,
      level: "error",
      message: { text: `${one.id}: ${one.title}. ${one.lines.join(". ")}` },
      locations: [location(one.id, report.target.database)],
    }));
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "isolation",
            rules: [
              ...report.checks.map((check) => ({
                id: check.id,
                name: check.id,
                shortDescription: { text: check.title },
                properties: { tags: ["security"], "security-severity": scores[worst.get(check.id)!] },
              })),
              ...[...new Set(others.map((one) => one.ruleId))].map((id) => ({
                id,
                name: id,
                shortDescription: { text: id },
              })),
            ],
          },
        },
        invocations: [{ executionSuccessful: true, startTimeUtc: report.startedAt }],
        results: [...results, ...others],
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
};

function result(finding: Finding, database: string) {
  return {
    ruleId: finding.checkId,
    level: levels[finding.severity],
    message: {
      text: `${finding.object}: ${finding.problem}. Mend: ${finding.mend}. Source: ${finding.source}.`,
    },
    locations: [location(finding.object, database)],
    partialFingerprints: { "isolation/v1": `${finding.checkId}:${finding.object}` },
  };
}

function location(object: string, database: string) {
  return {
    physicalLocation: {
      artifactLocation: { uri: sourceFile(object) ?? "isolation/README.md" },
      region: { startLine: 1 },
    },
    logicalLocations: [{ fullyQualifiedName: `${database}.${object}` }],
  };
}
