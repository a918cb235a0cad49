import { IsolationError } from "./connect.ts";
import type { CommandName, Format } from "./types.ts";

/** What the command line says. */
export interface Options {
  readonly command: CommandName;
  /** Null: `mutate` on a server of its own. */
  readonly url: string | null;
  readonly adminUrl: string | null;
  readonly format: Format;
  /** Where the report goes; null: standard output. */
  readonly output: string | null;
  readonly config: string | null;
  readonly baseline: string | null;
  /** What is left for the command itself. */
  readonly rest: readonly string[];
}

/** Shown by --help and after a mistake. */
export const usage = `npm run isolation -- [command] [options]

  check    static checks of roles, tables, policies, functions, audit (the default; reads catalogs only)
  probe    attempts as every role, with two synthetic tenants, always rolled back
  matrix   who reaches what: role by table by command, and every policy in words
  drift    what differs between the database and what the checked-out files deploy
  mutate   plants one fault at a time in a scratch database: each must be found (--quick: a sample; --seed N; --only TEXT)

  --database URL    the database; not for mutate (or ISOLATION_DATABASE_URL, which keeps the password out of the process list)
  --admin URL       drift, mutate: a server where a scratch database may be made (or ISOLATION_ADMIN_URL); else an embedded one
  --format FORMAT   text (default), tap, junit, sarif, json, html, github
  --output FILE     write the report there instead of to standard output
  --config FILE     the model of a project that is not this one, as JSON
  --baseline FILE   accepted risks, each with a reason and an expiry (default: isolation/baseline.json)

Exit code: 0 clean, 1 something to mend, 2 could not run.
`;

const commandNames: readonly string[] = [
  "check",
  "probe",
  "matrix",
  "drift",
  "mutate",
] satisfies CommandName[];
const formats: readonly string[] = [
  "text",
  "tap",
  "junit",
  "sarif",
  "json",
  "html",
  "github",
] satisfies Format[];
const withValue: readonly string[] = [
  "--database",
  "--admin",
  "--format",
  "--output",
  "--config",
  "--baseline",
];

/** @throws IsolationError ISOLATION_USAGE */
export function parseOptions(args: readonly string[], environment: NodeJS.ProcessEnv): Options {
  const values = new Map<string, string>();
  const rest: string[] = [];
  let command: string | null = null;
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!;
    const [name, inline] =
      arg.startsWith("--") && arg.includes("=")
        ? [arg.slice(0, arg.indexOf("=")), arg.slice(arg.indexOf("=") + 1)]
        : [arg];
    if (withValue.includes(name)) {
      const value = inline ?? args[++index];
      if (value === undefined) throw mistake(`${name} needs a value`);
      values.set(name, value);
    } else if (arg.startsWith("-") || command !== null) {
      rest.push(arg);
    } else {
      command = arg;
    }
  }
  command ??= "check";
  if (!commandNames.includes(command)) throw mistake(`there is no command ${command}`);
  if (rest.length > 0 && !["probe", "mutate"].includes(command))
    throw mistake(`${command} does not know ${rest.join(" ")}`);
  const format = values.get("--format") ?? "text";
  if (!formats.includes(format)) throw mistake(`there is no format ${format}`);
  const url = values.get("--database") ?? environment["ISOLATION_DATABASE_URL"];
  // Mutation testing looks at no database but the one that it makes.
  if (!url && command !== "mutate")
    throw mistake("say which database: --database URL or ISOLATION_DATABASE_URL");
  return {
    command: command as CommandName,
    url: url ?? null,
    adminUrl: values.get("--admin") ?? environment["ISOLATION_ADMIN_URL"] ?? null,
    format: format as Format,
    output: values.get("--output") ?? null,
    config: values.get("--config") ?? null,
    baseline: values.get("--baseline") ?? null,
    rest,
  };
}

function mistake(problem: string): IsolationError {
  return new IsolationError("ISOLATION_USAGE", `${problem}\n\n${usage}`);
}
