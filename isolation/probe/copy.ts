import pg from "pg";
import type { ProbeResult } from "../types.ts";
import type { ProbeSession } from "./session.ts";

/**
 * S2: COPY … TO STDOUT, which functions cannot do. In a tenant's context it must deliver the tenant's rows alone; with
 * row_security off, as pg_dump sets it, it must fail: a dump that is quietly a part is worse than none.
 */
export async function probeCopy({ client, config, schema, world }: ProbeSession): Promise<ProbeResult[]> {
  const { rows: targets } = await client.query<Target>(
    `select a.role, a.login, r.object, r.tenant_column as "tenantColumn", ${schema}.probe_columns(a.role, r.oid) as columns
     from ${schema}.probe_actors($1) a, ${schema}.relation_facts($1) r
     where r.class = 'tenant' and has_any_column_privilege(a.role, r.oid, 'select') and not ${schema}.probe_allows($1, a.role, r.object, 'SELECT')`,
    [JSON.stringify(config)],
  );
  const results: ProbeResult[] = [];
  for (const target of targets) {
    const { rows } = await client.query<{ own: string }>(
      `select count(*) as own from ${target.object} where ${pg.escapeIdentifier(target.tenantColumn)}::text = $1`,
      [world.tenants.a],
    );
    const own = Number(rows[0]!.own);
    const copied = await copy(client, world.enter, world.tenants.a, target, "on");
    const dumped = await copy(client, world.enter, world.tenants.a, target, "off");
    const faults = [
      ...(typeof copied === "number" && copied > own
        ? [`copied ${copied} rows where ${own} are its tenant's`]
        : []),
      ...(typeof dumped === "number" ? [`copied ${dumped} rows with row_security off`] : []),
    ];
    results.push({
      id: `S2 ${target.object} copy as ${target.role}`,
      title: "copy other tenants' rows out",
      verdict: faults.length > 0 ? "fail" : "pass",
      detail:
        faults.join("; ") ||
        `${typeof copied === "number" ? `its own ${copied} rows` : `refused: ${copied}`}; with row_security off refused: ${dumped}`,
    });
  }
  return results;
}

interface Target {
  readonly role: string;
  readonly login: string;
  readonly object: string;
  readonly tenantColumn: string;
  readonly columns: string;
}

/** Rows copied, or the error's SQLSTATE. */
async function copy(
  client: pg.Client,
  enter: readonly string[],
  tenant: string,
  target: Target,
  rowSecurity: "on" | "off",
): Promise<number | string> {
  await client.query("savepoint isolation_copy");
  try {
    for (const statement of enter) await client.query(...entering(statement, tenant, target.role));
    await client.query(`set local session authorization ${pg.escapeIdentifier(target.login)}`);
    if (target.role !== target.login)
      await client.query(`set local role ${pg.escapeIdentifier(target.role)}`);
    await client.query(`set local row_security = ${rowSecurity}`);
    const result = await client.query(`copy ${target.object} (${target.columns}) to stdout`);
    return result.rowCount ?? 0;
  } catch (error) {
    return (error as { code?: string }).code ?? "unknown";
  } finally {
    await client.query("rollback to savepoint isolation_copy");
  }
}

/** A statement of `context.enter` with as many of its parameters (tenant, role, state) as it names. */
function entering(statement: string, tenant: string, role: string): [string, string[]] {
  const count = Math.max(0, ...[...statement.matchAll(/\$(\d)/g)].map((match) => Number(match[1])));
  return [statement, [tenant, role, "live"].slice(0, count)];
}
