import { authErrors } from "../auth/errors.ts";
import { limitStatus } from "../limits/limit_error.ts";
import { constraintErrors, postgresErrors, raisedErrors, requestErrors } from "./registry.ts";

/** The page `docs/errors.md`, made from the lists of codes. */
export function errorsPage(): string {
  const fields = new Map<string, { when: string; status: number | undefined; from: Set<string> }>();
  const add = (code: string, when: string, status: number | undefined, from: string) => {
    const known = fields.get(code);
    if (known) known.from.add(from);
    else fields.set(code, { when, status, from: new Set([from]) });
  };
  for (const [state, { code, when, status }] of Object.entries(raisedErrors)) add(code, when, status, state);
  for (const [name, { code, when, status }] of Object.entries(constraintErrors))
    add(code, when, status, name);
  for (const [state, { code, when, status }] of Object.entries(postgresErrors))
    add(code, when, status, state);
  for (const [code, { when, status }] of Object.entries(requestErrors)) add(code, when, status, "API");
  return `# Error codes

Made from \`api/errors/registry.ts\` by \`npm run docs:errors\`. GraphQL answers them in \`extensions.code\`, beside a message
and, where there is something to do about it, \`extensions.hint\`. A status is given where the error refuses the whole request;
an error of one field leaves the answer a 200. What is not listed is answered as \`INTERNAL\`.

## GraphQL

${table(
  ["code", "when", "status", "from"],
  [...fields].map(([code, { when, status, from }]) => [
    `\`${code}\``,
    when,
    String(status ?? ""),
    [...from].map((name) => `\`${name}\``).join(", "),
  ]),
)}

## Requests above a limit

Refused before anything is planned. \`extensions.details\` says how far off the request was.

${table(
  ["code", "status"],
  Object.entries(limitStatus).map(([code, status]) => [`\`${code}\``, String(status)]),
)}

## Sign-in

Answered by the routes under \`/auth/\` as \`{ "error": { "code", "message", "hint" } }\`.

${table(
  ["code", "what it says", "status"],
  Object.entries(authErrors).map(([code, [status, message]]) => [`\`${code}\``, message, String(status)]),
)}
`;
}

/** Padded as prettier does it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const sorted = [...rows].sort(([a], [b]) => (a! < b! ? -1 : 1));
  const widths = head.map((name, column) =>
    Math.max(name.length, 3, ...sorted.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[], fill = " ") =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!, fill)).join(" | ")} |`;
  const rule = line(
    head.map(() => ""),
    "-",
  );
  return [line(head), rule, ...sorted.map((row) => line(row))].join("\n");
}
