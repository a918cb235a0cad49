import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import path from "node:path";
import type pg from "pg";
import { loadBaseline, weigh } from "./baseline.ts";
import { findings } from "./check.ts";
import { loadConfig } from "./config.ts";
import { loadQueries } from "./queries.ts";
import type { Finding } from "./types.ts";

/** The static checks found what lets one tenant reach another: this database must not be served. */
class IsolationFailed extends Error {
  readonly code = "DEPLOY_ISOLATION_FAILED";
  /** What was found, the worst first. */
  readonly findings: readonly Finding[];

  constructor(found: readonly Finding[]) {
    const lines = found.map(
      (one) => `  ${one.severity} ${one.checkId} ${one.object}: ${one.problem}\n    mend: ${one.mend}`,
    );
    super(`the isolation checks refuse this database\n${lines.join("\n")}`);
    this.name = "IsolationFailed";
    this.findings = found;
  }
}

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Refuses a database whose static checks find something critical or high that the baseline does not accept. Run inside the
 * transaction that changes it, so that a refusal leaves the old state whole.
 * @param client in a transaction; its search_path is changed until the transaction's end
 * @param base where functions/ is read from, so that a model is weighed with its own files
 * @throws IsolationFailed
 */
export async function assertIsolated(client: pg.Client, base = root): Promise<void> {
  const own = path.join(base, "functions", "isolation");
  const queries = await loadQueries(existsSync(own) ? own : undefined);
  const baseline = await loadBaseline(path.join(root, "isolation", "baseline.json"), true);
  await client.query("set local search_path = pg_catalog; set local jit = off");
  const found = await findings(client, queries, await loadConfig(null, client, queries));
  const grave = weigh(found, baseline).open.filter(
    (one) => one.severity === "critical" || one.severity === "high",
  );
  if (grave.length > 0) throw new IsolationFailed(grave);
}
