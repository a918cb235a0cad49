import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { startTemporaryPostgres } from "../database/embedded/temporary.ts";
import { loadBaseline } from "./baseline.ts";
import { check } from "./check.ts";
import { loadConfig } from "./config.ts";
import { describeTarget, IsolationError, readOnly } from "./connect.ts";
import { drift } from "./drift.ts";
import { matrix, matrixRows, policyTexts } from "./matrix.ts";
import { mutate } from "./mutate/mutate.ts";
import { probe } from "./probe/probe.ts";
import { parseOptions, usage, type Options } from "./options.ts";
import { loadQueries } from "./queries.ts";
import { reporters } from "./report/reporters.ts";
import type { Command, CommandName, CommandResult, Report } from "./types.ts";
import { isClean } from "./verdict.ts";

// The one list of commands; `npm run isolation -- <name>`.
const commands: Partial<Record<CommandName, Command>> = { check, probe, matrix, drift, mutate };

/** Runs one command and prints its report. Exit code: 0 clean, 1 findings, 2 could not run. */
async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help")) {
    process.stdout.write(usage);
    return 0;
  }
  const options = parseOptions(args, process.env);
  const command = commands[options.command];
  if (!command)
    throw new IsolationError(
      "ISOLATION_COMMAND_UNKNOWN",
      `there is no command ${options.command}\n\n${usage}`,
    );
  const report = await onServer(options, (url) => run({ ...options, url }, command));
  const color = options.output === null && process.stdout.isTTY === true && !process.env["NO_COLOR"];
  const text = reporters[options.format](report, { color });
  if (options.output === null) process.stdout.write(text);
  else await writeFile(options.output, text);
  return isClean(report) ? 0 : 1;
}

/** The database that the command line names, or for `mutate` the server that it uses up. */
async function onServer(options: Options, work: (url: string) => Promise<Report>): Promise<Report> {
  const named = options.url ?? options.adminUrl;
  if (named !== null) return work(named);
  const server = await startTemporaryPostgres();
  try {
    return await work(server.superuserUrl);
  } finally {
    await server.stop();
  }
}

async function run(options: Options & { readonly url: string }, command: Command): Promise<Report> {
  const startedAt = new Date();
  const baselineFile = options.baseline ?? fileURLToPath(new URL("baseline.json", import.meta.url));
  // Our own accepted risks are no foreign project's.
  const baseline =
    options.baseline === null && options.config !== null
      ? []
      : await loadBaseline(baselineFile, options.baseline !== null);
  const queries = await loadQueries();
  const { config, target } = await readOnly(options.url, async (client) => {
    const loaded = await loadConfig(options.config, client, queries);
    return { config: loaded, target: await describeTarget(client, loaded.name) };
  });
  const progress = (line: string) => process.stderr.write(`${line}\n`);
  progress(`${options.command}: ${target.database} on PostgreSQL ${target.serverVersion}`);
  const result: CommandResult = await command({
    url: options.url,
    adminUrl: options.adminUrl,
    config,
    baseline,
    progress,
    rest: options.rest,
  });
  // The page for a reviewer shows who may do what whichever command made it.
  const reading =
    options.format === "html" && !result.matrix && options.command !== "mutate"
      ? await readOnly(options.url, async (client) => ({
          matrix: await matrixRows(client, queries, config),
          policies: await policyTexts(client, queries, config),
        }))
      : {};
  return {
    command: options.command,
    target,
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    coverage: { tables: 0, tenantTables: 0, policies: 0, functions: 0, roles: 0, checks: 0, probes: 0 },
    checks: [],
    probes: [],
    matrix: [],
    policies: [],
    differences: [],
    mutants: [],
    problems: [],
    baselineUnused: [],
    ...reading,
    ...result,
  };
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const { code, message } = error as Error & { code?: string };
  process.stderr.write(`${code ? `${code}: ` : ""}${message}\n`);
  process.exitCode = 2;
}
