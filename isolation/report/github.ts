import type { Reporter } from "../types.ts";
import { cases } from "../verdict.ts";
import { sourceFile } from "./source_file.ts";
import { summary } from "./summary.ts";

/** Workflow commands: each problem becomes an annotation, at its file where one is known. */
export const github: Reporter = (report) => {
  const lines: string[] = [];
  for (const check of report.checks) {
    for (const finding of check.findings) {
      const level =
        finding.severity === "low" ? "notice" : finding.severity === "medium" ? "warning" : "error";
      lines.push(
        annotation(
          level,
          finding.object,
          `${check.id} ${check.title}`,
          `${finding.object}: ${finding.problem}\nMend: ${finding.mend}`,
        ),
      );
    }
  }
  for (const one of cases(report)) {
    if (one.group !== "check" && !one.passed)
      lines.push(annotation("error", one.id, `${one.id} ${one.title}`, one.lines.join("\n")));
  }
  return `${[...lines, ...summary(report)].join("\n")}\n`;
};

function annotation(level: string, object: string, title: string, message: string): string {
  const file = sourceFile(object);
  const properties = [
    ...(file ? [`file=${property(file)}`] : []),
    `title=${property(`Isolation ${title}`)}`,
  ].join(",");
  return `::${level} ${properties}::${data(message)}`;
}

// What a name in the database holds must not become a workflow command of its own.
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
