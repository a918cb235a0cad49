import { chmodSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach } from "vitest";
import {
  startPostgres,
  type EmbeddedPostgres,
  type StartPostgresOptions,
} from "../../database/embedded/server.ts";

export const isRoot = process.getuid?.() === 0;
export const PASSWORD = "planted: p@ss/wörd";
export const versions = (["18", "15"] as const).filter(
  (version) => version === "18" || existsSync("/usr/lib/postgresql/15/bin/postgres"),
);

/** Settings that trade durability for speed. */
export const FAST = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** Runs after the test, last one first. */
export function finally_(step: () => unknown): void {
  undo.push(step);
}

/** A folder that every account can enter, gone after the test. */
export function temporaryFolder(mode = 0o755): string {
  const folder = mkdtempSync(join(tmpdir(), "embedded-test-"));
  chmodSync(folder, mode);
  finally_(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a server that is stopped after the test. */
export async function start(
  options: Partial<StartPostgresOptions> & { dataDir: string },
): Promise<EmbeddedPostgres> {
  const server = await startPostgres({ password: PASSWORD, settings: FAST, ...options });
  finally_(() => server.stop());
  return server;
}

export async function query<Row = Record<string, unknown>>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows as Row[];
  } finally {
    await client.end();
  }
}

/** The coded error of a promise that must fail. */
export async function failure(
  promise: Promise<unknown>,
): Promise<Error & { code: string; hint?: string; pid?: number }> {
  return promise.then(
    () => {
      throw new Error("expected a failure");
    },
    (error) => error,
  );
}
