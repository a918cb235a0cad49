import type { Reporter } from "../types.ts";
import { cases } from "../verdict.ts";

/** TAP version 14 (https://testanything.org/tap-version-14-specification.html): one test point for each check, probe, difference or mutant. */
export const tap: Reporter = (report) => {
  const all = cases(report);
  const lines = ["TAP version 14", `1..${all.length}`];
  all.forEach((one, index) => {
    const description = `${one.id} - ${one.title}`.replaceAll(/[\\#]/g, "\\$&").replaceAll(/\s+/g, " ");
    lines.push(`${one.passed ? "ok" : "not ok"} ${index + 1} - ${description}`);
    if (!one.passed)
      lines.push(
        "  ---",
        "  problems:",
        ...one.lines.map((line) => `    - ${JSON.stringify(line)}`),
        "  ...",
      );
    for (const line of one.accepted) lines.push(`# accepted: ${line.replaceAll(/\s+/g, " ")}`);
  });
  return `${lines.join("\n")}\n`;
};
