import type { Reporter } from "../types.ts";
import { cases, type Case } from "../verdict.ts";
import { escape } from "./escape.ts";

/** JUnit XML, as GitLab, Jenkins and others read it: one suite for each kind of case. */
export const junit: Reporter = (report) => {
  const all = cases(report);
  const suites = Map.groupBy(all, (one) => one.group);
  const failed = all.filter((one) => !one.passed).length;
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="isolation" tests="${all.length}" failures="${failed}" time="${report.durationMs / 1000}">`,
  ];
  for (const [group, members] of suites) {
    lines.push(
      `  <testsuite name="isolation ${group}" tests="${members.length}" failures="${members.filter((one) => !one.passed).length}" timestamp="${report.startedAt}">`,
      ...members.map(testCase),
      "  </testsuite>",
    );
  }
  return `${[...lines, "</testsuites>"].join("\n")}\n`;
};

function testCase(one: Case): string {
  const opening = `    <testcase classname="isolation.${one.group}" name="${escape(`${one.id} ${one.title}`)}"`;
  if (!one.passed) {
    return `${opening}><failure message="${escape(one.lines[0] ?? one.title)}">${escape(one.lines.join("\n"))}</failure></testcase>`;
  }
  return one.accepted.length > 0
    ? `${opening}><system-out>${escape(`accepted: ${one.accepted.join("\n")}`)}</system-out></testcase>`
    : `${opening}/>`;
}
