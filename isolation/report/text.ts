import { styleText } from "node:util";
import { severities, type MatrixRow, type Report, type Reporter } from "../types.ts";
import { isClean } from "../verdict.ts";
import { summary } from "./summary.ts";

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

const severityStyles = {
  critical: ["bold", "red"],
  high: "red",
  medium: "yellow",
  low: "cyan",
} as const satisfies Record<string, Style>;

/** For a person at a terminal: the worst first, each with its remedy, and the count of what was looked at last. */
export const text: Reporter = (report, options) => {
  const paint: Paint = options?.color
    ? (style, part) => styleText(style, part, { validateStream: false })
    : (_style, part) => part;
  const lines = [
    ...findings(report, paint),
    ...accepted(report, paint),
    ...others(report, paint),
    ...(report.matrix.length > 0 ? matrix(report.matrix, paint) : []),
    ...policies(report, paint),
  ];
  const [target, looked, ...verdict] = summary(report);
  const last = isClean(report)
    ? paint("green", `✓ ${verdict.join("")}`)
    : paint("red", `✗ ${verdict.join("")}`);
  return `${["", ...lines, paint("dim", target!), ...(verdict.length > 0 ? [paint("dim", looked!), last] : [looked!]), ""].join("\n")}`;
};

function findings(report: Report, paint: Paint): string[] {
  const open = report.checks.flatMap((check) => check.findings.map((finding) => ({ check, finding })));
  open.sort((a, b) => severities.indexOf(a.finding.severity) - severities.indexOf(b.finding.severity));
  return open.flatMap(({ check, finding }) => [
    `${paint(severityStyles[finding.severity], finding.severity.padEnd(8))}  ${paint("bold", `${check.id}  ${finding.object}`)}`,
    ...indent(`${finding.problem}`),
    ...indent(`→ ${finding.mend}`).map((line) => paint("green", line)),
    ...indent(`${check.title} · ${finding.source}`).map((line) => paint("dim", line)),
    "",
  ]);
}

function accepted(report: Report, paint: Paint): string[] {
  const all = report.checks.flatMap((check) => check.accepted);
  const lines = all.flatMap(({ finding, entry }) => [
    paint("dim", `accepted  ${finding.checkId}  ${finding.object}, until ${entry.expires}`),
    ...indent(entry.reason).map((line) => paint("dim", line)),
  ]);
  const unused = report.baselineUnused.map((entry) =>
    paint(
      "yellow",
      `unused    ${entry.id}  ${entry.object}: nothing was found that the baseline needs to accept`,
    ),
  );
  return lines.length + unused.length > 0 ? [...lines, ...unused, ""] : [];
}

function others(report: Report, paint: Paint): string[] {
  const lines: string[] = [];
  for (const probe of report.probes.filter((one) => one.verdict !== "pass")) {
    lines.push(
      `${paint("red", probe.verdict.padEnd(10))}${paint("bold", probe.id)}`,
      ...indent(probe.title),
      ...indent(probe.detail),
      "",
    );
  }
  for (const one of report.differences) {
    const values = [
      one.expected !== null && `files: ${one.expected}`,
      one.actual !== null && `database: ${one.actual}`,
    ].filter((part) => part !== false);
    lines.push(
      `${paint("yellow", one.change.padEnd(10))}  ${paint("bold", `${one.kind} ${one.object}`)}  ${values.join(" | ").replaceAll(/\s+/g, " ")}`,
    );
  }
  for (const mutant of report.mutants.filter((one) => one.killedBy === null)) {
    lines.push(
      mutant.equivalent === undefined
        ? `${paint("red", "survived")}    ${paint("bold", mutant.id)}  ${mutant.description}`
        : `${paint("dim", "equivalent")}  ${mutant.id}  ${mutant.equivalent}`,
    );
  }
  for (const problem of report.problems) lines.push(`${paint("red", "problem")}     ${problem}`);
  return lines.length > 0 ? [...lines, ""] : [];
}

const commands = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"];

// Only roles that reach something; a table that nobody reaches is said to be so.
function matrix(rows: readonly MatrixRow[], paint: Paint): string[] {
  const reach = {
    none: paint("dim", "·".padEnd(9)),
    own: paint("green", "own".padEnd(9)),
    all: paint("yellow", "all".padEnd(9)),
    leak: paint("red", "ALL".padEnd(9)),
  };
  const lines: string[] = [`${"".padEnd(44)}${commands.map((one) => one.padEnd(9)).join("")}`];
  for (const [object, cells] of Map.groupBy(rows, (row) => row.object)) {
    lines.push(paint("bold", object));
    const byRole = [...Map.groupBy(cells, (row) => row.role)].filter(([, own]) =>
      own.some((cell) => cell.reach !== "none"),
    );
    if (byRole.length === 0) lines.push(paint("dim", "  nobody"));
    for (const [role, own] of byRole) {
      const marks = commands.map((command) => {
        const cell = own.find((one) => one.command === command);
        const mark = reach[cell?.reach === "all" && !cell.meant ? "leak" : (cell?.reach ?? "none")];
        return cell && cell.reach !== "none" && cell.columns !== null
          ? mark.replace(/(own|all) /i, "$1*")
          : mark;
      });
      lines.push(`  ${role.padEnd(42)}${marks.join("")}`);
    }
  }
  return [
    ...lines,
    "",
    paint(
      "dim",
      "own: rows of the session's tenant · all: all rows, and meant · ALL: all rows, not meant · *: some columns",
    ),
    "",
  ];
}

function policies(report: Report, paint: Paint): string[] {
  return report.policies.flatMap((policy) => [
    `${paint("bold", `${policy.object}.${policy.name}`)}`,
    ...indent(policy.meaning),
    ...(policy.using === null ? [] : indent(`using ${policy.using}`).map((line) => paint("dim", line))),
    ...(policy.check === null ? [] : indent(`with check ${policy.check}`).map((line) => paint("dim", line))),
    "",
  ]);
}

// Wrapped to 96 columns, below the severity.
function indent(paragraph: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of paragraph.split(/\s+/)) {
    if (line !== "" && line.length + word.length > 85) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? word : ` ${word}`;
  }
  return [...lines, line].map((one) => `          ${one}`);
}
