import type { DatabaseErrorLike } from "./registry.ts";

/**
 * The error in words fit for a log: names and places, no message. Postgres quotes values in its messages, and so do
 * JSON.parse and others.
 */
export function describe(error: unknown): string {
  if (isDatabaseError(error)) {
    const { code, table, constraint, routine, where } = error as unknown as Record<
      string,
      string | undefined
    >;
    const place = where?.match(/function [\w.]+/)?.[0];
    return ["sqlstate", code, table, constraint, routine, place].filter(Boolean).join(" ");
  }
  if (error instanceof Error) {
    const frames = error.stack?.split("\n").filter((line) => line.trimStart().startsWith("at ")) ?? [];
    const { code } = error as { code?: unknown };
    return [
      typeof code === "string" ? `${error.name} ${code}` : error.name,
      ...frames.slice(0, 6).map((line) => line.trim()),
    ].join(" | ");
  }
  return typeof error;
}

/** Whether the server said it, as opposed to the connection or our own code. */
export function isDatabaseError(error: unknown): error is Error & DatabaseErrorLike & { severity: string } {
  return error instanceof Error && "severity" in error && "code" in error;
}
