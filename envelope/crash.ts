import { writeFileSync } from "node:fs";

/**
 * Lets a process that holds secrets die without telling them. An exception that nobody caught would be printed with its
 * message, and a library's message may quote what it was given; a diagnostic report holds stacks and the environment; a
 * core dump holds everything. What is said instead is what `describe` makes of the error.
 *
 * The kernel's filter is per process: with 0 a core dump has no page of memory in it (core(5); Linux only. Elsewhere the
 * service manager's limit for core dumps has to do it).
 *
 * @param say takes the last line
 */
export function keepSecretsAtCrash(describe: (error: unknown) => string, say: (line: string) => void): void {
  const end = (error: unknown) => {
    say(`ended by ${describe(error)}`);
    process.exit(1);
  };
  process.on("uncaughtException", end);
  process.on("unhandledRejection", end);
  const { report } = process;
  if (report) {
    report.reportOnFatalError = false;
    report.reportOnSignal = false;
    report.reportOnUncaughtException = false;
    report.excludeEnv = true;
  }
  try {
    writeFileSync("/proc/self/coredump_filter", "0");
  } catch {
    // Not Linux, or not to be written here.
  }
}

/**
 * A library's warning may quote what it was handling; Grafast's do. Of a warning only the place is said that it comes from.
 *
 * @param say takes a line
 */
export function keepSecretsInWarnings(say: (line: string) => void): void {
  console.warn = () => {
    const frame = new Error().stack?.split("\n")[2]?.trim() ?? "";
    const place = /([\w.@-]+\/[\w./-]+:\d+):\d+\)?$/.exec(frame)?.[1]?.split("/").slice(-4).join("/");
    say(`a library warned at ${place ?? "an unknown place"}`);
  };
}
