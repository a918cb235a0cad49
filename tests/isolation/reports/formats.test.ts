import { describe, expect, test } from "vitest";
import { reporters } from "../../../isolation/report/reporters.ts";
import type { Format } from "../../../isolation/types.ts";
import { cases, isClean } from "../../../isolation/verdict.ts";
import { cleanReport, report } from "./report.ts";

const formats = Object.keys(reporters) as Format[];

describe("every format", () => {
  test.each(formats)("%s tells each finding, failed probe, difference, survivor and problem", (format) => {
    const output = reporters[format](report);
    for (const part of [
      "P4 mail.messages blind update",
      "P5 mail.notes unset",
      "weaken mail.messages",
      "expired on 2026-01-31",
    ]) {
      expect(output.replaceAll("&#39;", "'").replaceAll("\\", "")).toContain(part);
    }
    expect(output).toContain("select_member");
  });

  test.each(formats.filter((format) => format !== "github"))(
    "%s tells accepted risks with their reason",
    (format) => {
      expect(reporters[format](report)).toContain("no caller sends SQL");
    },
  );
});

describe("a name in the database", () => {
  test("is never markup in HTML or XML", () => {
    for (const format of ["html", "junit"] as const)
      expect(reporters[format](report)).not.toContain("<script>");
  });

  test("never starts a workflow command of its own", () => {
    const commands = reporters
      .github(report)
      .split("\n")
      .filter((line) => line.startsWith("::"));
    expect(commands.length).toBe(cases(report).filter((one) => !one.passed).length + 1);
    expect(commands.some((line) => line.startsWith("::error::planted"))).toBe(false);
  });

  test("never adds a line to TAP", () => {
    const points = reporters
      .tap(report)
      .split("\n")
      .filter((line) => /^(not )?ok /.test(line));
    expect(points).toHaveLength(cases(report).length);
  });
});

test("TAP announces as many points as it has", () => {
  const output = reporters.tap(report);
  expect(output).toContain(`1..${output.match(/^(not )?ok /gm)!.length}`);
});

test("JUnit counts failures", () => {
  const output = reporters.junit(report);
  const failures = cases(report).filter((one) => !one.passed).length;
  expect(output).toContain(`tests="${cases(report).length}" failures="${failures}"`);
  expect(output.match(/<failure /g)).toHaveLength(failures);
});

test("SARIF has a rule for each result, and what is accepted as suppressed", () => {
  const log = JSON.parse(reporters.sarif(report));
  expect(log.version).toBe("2.1.0");
  const { results, tool } = log.runs[0];
  const rules = new Set(tool.driver.rules.map((rule: { id: string }) => rule.id));
  for (const result of results) {
    expect(rules).toContain(result.ruleId);
    expect(result.locations[0].physicalLocation.artifactLocation.uri).toMatch(/\.(sql|md)$/);
  }
  const suppressed = results.filter((result: { suppressions?: unknown }) => result.suppressions);
  expect(suppressed).toHaveLength(1);
  expect(suppressed[0].suppressions[0].justification).toContain("until 2027-01-31");
});

test("JSON is the report and its verdict", () => {
  expect(JSON.parse(reporters.json(report))).toEqual({ clean: false, ...report });
  expect(JSON.parse(reporters.json(cleanReport)).clean).toBe(true);
});

test("HTML loads nothing and runs nothing", () => {
  const output = reporters.html(report);
  expect(output).not.toMatch(/<(script|link|img|iframe)|src=|https?:\/\//);
  expect(output).toContain("default-src 'none'");
});

test("text is without escape sequences unless colours are asked for", () => {
  expect(reporters.text(report)).not.toContain("\u001b");
  expect(reporters.text(report, { color: true })).toContain("\u001b");
});

describe("the verdict", () => {
  test("is clean where everything found is accepted", () => {
    expect(isClean(cleanReport)).toBe(true);
  });

  test.each([
    ["a finding", { checks: report.checks }],
    [
      "a failed or unreliable probe",
      { probes: [{ id: "a", title: "a", verdict: "unreliable" as const, detail: "" }] },
    ],
    ["a difference", { differences: report.differences }],
    ["a survivor", { mutants: report.mutants }],
    ["a problem of the run itself", { problems: report.problems }],
  ])("is not clean with %s", (_what, part) => {
    expect(isClean({ ...cleanReport, ...part })).toBe(false);
  });
});
