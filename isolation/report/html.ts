import { severities, type Finding, type Report, type Reporter } from "../types.ts";
import { isClean } from "../verdict.ts";
import { escape } from "./escape.ts";
import { legend, matrixSection, policySection } from "./html_matrix.ts";
import { style } from "./html_style.ts";

/**
 * One self-contained page for a DBA or a customer's security reviewer: no script, nothing loaded, prints on paper.
 * Every text from the database is escaped.
 */
export const html: Reporter = (report) => {
  const sections = [
    section("findings", "Findings", "What has to be mended, the worst first.", findings(report)),
    section(
      "accepted",
      "Accepted risks",
      "Known, not closed, each with its reason and the day on which it has to be looked at again.",
      accepted(report),
    ),
    section(
      "probes",
      "Probes",
      "Attempts made as each role with two synthetic tenants, in a transaction that is always rolled back.",
      probes(report),
    ),
    section(
      "drift",
      "Drift",
      "What differs between this database and what the checked-out files deploy.",
      differences(report),
    ),
    section(
      "mutants",
      "Mutants",
      "Faults planted one at a time in a scratch database: each must be found.",
      mutants(report),
    ),
    section(
      "matrix",
      "Who reaches what",
      "Worked out from grants, memberships, row-level security and policies. Owners are reached by nobody: their column is what definer functions reach on behalf of a caller.",
      report.matrix.length > 0 ? legend + matrixSection(report.matrix) : "",
    ),
    section(
      "policies",
      "Policies in words",
      "Each policy's own text, and what it means.",
      policySection(report.policies),
    ),
    section(
      "checks",
      "What was checked",
      "Static checks read the catalogs only. Each has a test with a planted fault that it finds and a clean twin that it passes.",
      checks(report),
    ),
  ].filter((one) => one !== null);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Isolation report: ${escape(report.target.database)}</title><style>${style}</style></head>
<body>${head(report)}
<nav><ul>${sections.map((one) => `<li><a href="#${one.id}">${one.title}</a></li>`).join("")}</ul></nav>
<main>${tiles(report)}${sections.map((one) => one.html).join("\n")}</main>
<footer>Made by <code>isolation ${escape(report.command)}</code> on ${time(report.startedAt)}, reading as <code>${escape(report.target.user)}</code>. It shows names and rules; no row of any tenant was read for it.</footer>
</body></html>
`;
};

function section(id: string, title: string, lead: string, content: string) {
  if (content === "") return null;
  return {
    id,
    title,
    html: `<section id="${id}"><h2>${title}</h2><p class="lead">${lead}</p>${content}</section>`,
  };
}

function head(report: Report): string {
  const { target } = report;
  const facts: [string, string][] = [
    ["Database", target.database],
    ["Server", `PostgreSQL ${target.serverVersion}`],
    ["Model", target.model],
    ["Read as", target.user],
    ["Time", time(report.startedAt)],
    ["Took", `${(report.durationMs / 1000).toFixed(1)} s`],
  ];
  const verdict = isClean(report)
    ? '<span class="verdict clean">clean</span>'
    : '<span class="verdict dirty">not clean</span>';
  return `<header><div><p class="eyebrow">Isolation report</p><h1>Who may reach which tenant's rows ${report.command === "matrix" ? "" : verdict}</h1>
<dl class="facts">${facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${escape(value)}</dd></div>`).join("")}</dl></div></header>`;
}

function tiles(report: Report): string {
  const { coverage } = report;
  const open = report.checks.reduce((sum, check) => sum + check.findings.length, 0);
  const failed = report.probes.filter((probe) => probe.verdict !== "pass").length;
  const all: [number | string, string, string?][] = [
    ...(report.checks.length > 0
      ? [[open, open === 1 ? "finding" : "findings", open > 0 ? "bad" : "good"] as [number, string, string]]
      : []),
    ...(report.probes.length > 0
      ? ([
          [
            `${report.probes.length - failed} / ${report.probes.length}`,
            "probes passed",
            failed > 0 ? "bad" : "good",
          ],
        ] as [string, string, string][])
      : []),
    ...(report.differences.length > 0
      ? [[report.differences.length, "differences", "bad"] as [number, string, string]]
      : []),
    [report.checks.reduce((sum, check) => sum + check.accepted.length, 0), "accepted risks"],
    [coverage.checks, "checks"],
    [coverage.tables, `tables, ${coverage.tenantTables} of tenants`],
    [coverage.policies, "policies"],
    [coverage.functions, "functions"],
    [coverage.roles, "serving roles"],
  ];
  return `<div class="tiles">${all
    .filter(([value]) => value !== 0 || open === 0)
    .map(
      ([value, label, tone]) => `<div class="tile ${tone ?? ""}"><b>${value}</b><span>${label}</span></div>`,
    )
    .join("")}</div>`;
}

function findings(report: Report): string {
  const open = report.checks.flatMap((check) =>
    check.findings.map((finding) => ({ finding, title: check.title })),
  );
  open.sort((a, b) => severities.indexOf(a.finding.severity) - severities.indexOf(b.finding.severity));
  const problems = report.problems.map((problem) => `<div class="card high"><p>${escape(problem)}</p></div>`);
  if (open.length + problems.length === 0)
    return report.checks.length > 0 ? '<p class="pass">Nothing to mend.</p>' : "";
  return [...problems, ...open.map(({ finding, title }) => card(finding, title))].join("\n");
}

function card(finding: Finding, title: string): string {
  return `<article class="card ${finding.severity}"><h4><span class="chip ${finding.severity}">${finding.severity}</span><span class="chip">${escape(finding.checkId)}</span><span class="mono">${escape(finding.object)}</span></h4>
<p>${escape(finding.problem)}.</p><p class="mend">${escape(finding.mend)}</p><small>${escape(title)} · ${escape(finding.source)}</small></article>`;
}

function accepted(report: Report): string {
  const rows = report.checks
    .flatMap((check) => check.accepted)
    .map(
      ({ finding, entry }) =>
        `<tr><th scope="row">${escape(finding.checkId)}</th><td><code>${escape(finding.object)}</code><br><span class="soft">${escape(finding.problem)}</span></td><td>${escape(entry.reason)}</td><td class="num">${escape(entry.expires)}</td></tr>`,
    );
  return rows.length === 0 ? "" : table(["check", "what", "why it is accepted", "until"], rows);
}

function probes(report: Report): string {
  const row = (probe: Report["probes"][number]) =>
    `<tr><td class="${probe.verdict}">${probe.verdict}</td><td><code>${escape(probe.id)}</code><br>${escape(probe.title)}</td><td>${escape(probe.detail)}</td></tr>`;
  const failed = report.probes.filter((probe) => probe.verdict !== "pass");
  const passed = report.probes.filter((probe) => probe.verdict === "pass");
  const columns = ["verdict", "attempt", "what was seen"];
  return [
    failed.length > 0 ? table(columns, failed.map(row)) : "",
    passed.length > 0
      ? `<details><summary>${passed.length} probes passed</summary>${table(columns, passed.map(row))}</details>`
      : "",
  ].join("");
}

function differences(report: Report): string {
  const rows = report.differences.map(
    (one) =>
      `<tr><td>${one.change}</td><td>${escape(one.kind)}<br><code>${escape(one.object)}</code></td><td><code>${escape(one.expected ?? "—")}</code></td><td><code>${escape(one.actual ?? "—")}</code></td></tr>`,
  );
  return rows.length === 0 ? "" : table(["change", "object", "files", "database"], rows);
}

function mutants(report: Report): string {
  if (report.mutants.length === 0) return "";
  const rows = report.mutants
    .filter((mutant) => mutant.killedBy === null)
    .map((mutant) => {
      const verdict =
        mutant.equivalent === undefined ? '<td class="fail">survived</td>' : "<td>equivalent</td>";
      return `<tr>${verdict}<td><code>${escape(mutant.id)}</code><br>${escape(mutant.description)}</td><td>${escape(mutant.equivalent ?? "no check or probe finds it")}</td></tr>`;
    });
  const killed = report.mutants.length - rows.length;
  return `<p>${killed} of ${report.mutants.length} were found.</p>${rows.length > 0 ? table(["verdict", "fault", "why"], rows) : ""}`;
}

function checks(report: Report): string {
  const items = report.checks.map((check) => {
    const failed = check.findings.length > 0;
    const accepted =
      check.accepted.length > 0 ? ` <span class="soft">(${check.accepted.length} accepted)</span>` : "";
    return `<li><span class="mark ${failed ? "fail" : "pass"}">${failed ? "✗" : "✓"}</span><span class="id">${escape(check.id)}</span><span>${escape(check.title)}${accepted}</span></li>`;
  });
  return items.length === 0 ? "" : `<ul class="checks">${items.join("")}</ul>`;
}

function table(columns: readonly string[], rows: readonly string[]): string {
  return `<div class="scroll"><table><thead><tr>${columns.map((column) => `<th scope="col">${column}</th>`).join("")}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
}

function time(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}
