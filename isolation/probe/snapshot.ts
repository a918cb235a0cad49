import type { Config, ProbeResult } from "../types.ts";
import { withProbes, type ProbeSession } from "./session.ts";

const levels = ["repeatable read", "serializable"] as const;

/**
 * P5: a transaction that keeps one snapshot would see a session as it was, after it was revoked or its member suspended,
 * for as long as it is held open. So where sessions can be revoked, none may count there. A model whose context has no
 * states (a plain setting) has nothing that could be missed.
 */
export async function probeSnapshots(url: string, config: Config): Promise<ProbeResult[]> {
  const results: ProbeResult[] = [];
  for (const level of levels)
    results.push(...(await withProbes(url, config, (session) => attempts(session, level), level)));
  return results;
}

/** Reads of every tenant's table in its own context, where none may be answered with rows. */
export async function attempts(
  { client, config, schema, world }: ProbeSession,
  level: string,
): Promise<ProbeResult[]> {
  if (!world.enter.some((statement) => statement.includes("$3"))) return [];
  const { rows } = await client.query<{ object: string; tried: number; seen: string[] }>(
    `select r.object, count(*)::integer as tried, coalesce(array_agg(a.role) filter (where t.result ->> 'value' <> '0'), '{}') as seen
     from ${schema}.probe_actors($1) a
     join ${schema}.relation_facts($1) r on r.class = 'tenant' and has_any_column_privilege(a.role, r.oid, 'select') and not ${schema}.probe_allows($1, a.role, r.object, 'SELECT')
     cross join lateral (
       select ${schema}.probe_attempt($2, a.login, a.role, $3, 'live', array[format('select count(*) from (select 1 from %s limit 1001) x', r.object)]) as result
     ) t
     group by r.object order by r.object`,
    [JSON.stringify(config), JSON.stringify({ enter: world.enter }), world.tenants.a],
  );
  return rows.map(({ object, tried, seen }) => ({
    id: `P5 ${object} read under ${level}`,
    title: "read in a transaction that would not notice a revoked session",
    verdict: seen.length > 0 ? "fail" : "pass",
    detail: seen.length > 0 ? `${seen.join(", ")} saw rows` : `no row, ${tried} tried`,
  }));
}
