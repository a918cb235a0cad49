import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";
import { connect } from "../connect.ts";
import type { Config, ProbeResult } from "../types.ts";

const functions = fileURLToPath(new URL("../../functions", import.meta.url));

/** What a login that is no superuser can have: the deployed prober's verdicts. */
export interface DeployedProbes {
  readonly results: readonly ProbeResult[];
  /** Functions of the prober whose deployed body is not the checked-out one: their verdicts prove nothing. */
  readonly problems: readonly string[];
}

/** Whether a login may act as every other one, as the prober of the checked-out files does. */
export async function isSuperuser(url: string): Promise<boolean> {
  const client = await connect(url);
  try {
    const { rows } = await client.query("select rolsuper from pg_roles where rolname = session_user");
    return rows[0]?.rolsuper === true;
  } finally {
    await client.end();
  }
}

/**
 * Asks the database's own isolation.probe(), as bulkhead_auditor may. Null where the database has none for this login, or
 * where another model than the deployed one is asked about.
 */
export async function probeDeployed(url: string, config: Config): Promise<DeployedProbes | null> {
  const client = await connect(url);
  try {
    const { rows: may } = await client.query(
      `select session_user = 'bulkhead_auditor' and exists (select from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'isolation' and p.proname = 'probe_as_auditor'
         and has_schema_privilege(n.oid, 'usage') and has_function_privilege(p.oid, 'execute')) as may`,
    );
    if (!may[0].may) return null;
    const { rows: same } = await client.query("select isolation.config() = $1::jsonb as same", [
      JSON.stringify(config),
    ]);
    if (!same[0].same) return null;
    await client.query("set statement_timeout = '300s'; set lock_timeout = '2s'");
    const { rows } = await client.query<ProbeResult>(
      "select id, title, verdict, detail from isolation.probe()",
    );
    const { rows: bodies } = await client.query<{ schema: string; name: string; body: string }>(
      `select n.nspname as schema, p.proname as name, p.prosrc as body from pg_proc p join pg_namespace n on n.oid = p.pronamespace
       where p.prosqlbody is null and (n.nspname = 'isolation' or (n.nspname, p.proname) = ('session', 'mint_probed'))`,
    );
    return { results: rows, problems: await replaced(bodies) };
  } finally {
    await client.end().catch(() => {});
  }
}

// Whoever replaced a part of the deployed prober would otherwise have it say what they please.
async function replaced(
  deployed: readonly { schema: string; name: string; body: string }[],
): Promise<string[]> {
  const found = new Map(deployed.map((one) => [`${one.schema}/${one.name}.sql`, one.body]));
  const files = (await readdir(path.join(functions, "isolation")))
    .filter((name) => /^(probe|is_prob)/.test(name))
    .map((name) => `isolation/${name}`);
  const problems: string[] = [];
  for (const file of [...files, "session/mint_probed.sql"].sort()) {
    const body = /\nas \$(\w*)\$([\s\S]*?)\$\1\$;/.exec(
      await readFile(path.join(functions, file), "utf8"),
    )?.[2];
    if (body !== undefined && found.get(file) !== body)
      problems.push(
        `${file.replace("/", ".").replace(/\.sql$/, "()")} in the database is not the checked-out one`,
      );
  }
  return problems;
}
