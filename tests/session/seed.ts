import { randomBytes, randomUUID } from "node:crypto";
import type pg from "pg";
import { column } from "./support.ts";

/** A table of our schemas that holds tenants' rows. */
export interface TenantTable {
  /** `schema.table`, quoted where needed. */
  readonly name: string;
  /** `workspace_id`, or `id` for tenancy.workspaces itself. */
  readonly tenantColumn: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly required: boolean }[];
  readonly foreignKeys: readonly { columns: string[]; parent: string; parentColumns: string[] }[];
}

/** Every table with tenants' rows, as the catalog has them now: a new one is under test without being listed. */
export async function tenantTables(admin: pg.Pool): Promise<TenantTable[]> {
  const { rows } = await admin.query<TenantTable>(`
    select c.oid::regclass::text as name,
      case c.oid when 'tenancy.workspaces'::regclass then 'id' else 'workspace_id' end as "tenantColumn",
      (select json_agg(json_build_object('name', a.attname, 'type', format_type(case t.typtype when 'd' then t.typbasetype else a.atttypid end, null),
          'required', (a.attnotnull or t.typnotnull) and not a.atthasdef) order by a.attnum)
        from pg_attribute a join pg_type t on t.oid = a.atttypid
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
      coalesce((select json_agg(json_build_object(
          'columns', (select json_agg(a.attname order by k.ord) from unnest(f.conkey) with ordinality k (num, ord) join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.num),
          'parent', f.confrelid::regclass::text,
          'parentColumns', (select json_agg(a.attname order by k.ord) from unnest(f.confkey) with ordinality k (num, ord) join pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.num)))
        from pg_constraint f where f.conrelid = c.oid and f.contype = 'f'), '[]') as "foreignKeys"
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and not c.relispartition
      and pg_get_userbyid(n.nspowner) in ('bulkhead_owner', 'bulkhead_keeper')
      -- No row of it can be committed.
      and c.oid <> 'isolation.probed'::regclass
      and (c.oid = 'tenancy.workspaces'::regclass
        or exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped))
    order by 1`);
  return rows;
}

/**
 * Puts one more row of each workspace into every tenant table, fresh from its defaults: open, not yet accepted, not yet
 * finished, so that a function has something that it could change. Checks, triggers and foreign keys are out of the
 * way: isolation must hold for whatever is in a table, and a table that somebody adds must not need its own seed.
 */
export async function seedEveryTable(
  admin: pg.Pool,
  tables: readonly TenantTable[],
  workspaceIds: readonly string[],
): Promise<void> {
  const client = await admin.connect();
  try {
    await client.query("begin; set local session_replication_role = replica");
    const drops = await column<string>(
      client,
      `select case when conrelid = 0 then format('alter domain %s drop constraint %I', contypid::regtype, conname)
          else format('alter table %s drop constraint %I', conrelid::regclass, conname) end
       from pg_constraint k join pg_namespace n on n.oid = k.connamespace
       where contype = 'c' and coninhcount = 0 and pg_get_userbyid(n.nspowner) in ('bulkhead_owner', 'bulkhead_keeper')`,
    );
    for (const drop of drops) await client.query(drop);
    for (const workspaceId of workspaceIds) {
      for (const table of tables) await seedOne(client, table, workspaceId);
    }
    await client.query("commit");
  } finally {
    client.release();
  }
}

async function seedOne(client: pg.PoolClient, table: TenantTable, workspaceId: string): Promise<void> {
  const needed = table.columns.filter((one) => one.required || one.name === table.tenantColumn);
  const values = needed.map((one) =>
    one.name === table.tenantColumn ? workspaceId : sample(one.type, workspaceId),
  );
  const names = needed.map((one) => `"${one.name}"`).join(", ");
  const slots = needed.map((_, index) => `$${index + 1}`).join(", ");
  // Where a workspace has one row at most, that one is enough.
  await client.query(`insert into ${table.name} (${names}) values (${slots}) on conflict do nothing`, values);
}

/** A UUIDv7: where ids say which month a row belongs to, there is a partition for it. */
function uuidOfNow(): string {
  const time = Date.now().toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

function sample(type: string, workspaceId: string): unknown {
  if (type === "uuid") return uuidOfNow();
  if (type === "bytea") return randomBytes(32);
  if (type === "boolean") return false;
  if (/int|numeric|double|real/.test(type)) return Math.floor(Math.random() * 1e6);
  if (/timestamp|date/.test(type)) return new Date().toISOString();
  if (type === "interval") return "1 hour";
  if (type === "inet" || type === "cidr") return "192.0.2.1";
  if (/json/.test(type)) return "{}";
  if (type.endsWith("[]")) return "{}";
  return `canary-${workspaceId}-${randomUUID()}`;
}

/** One hash over all rows of a workspace in every tenant table, and how many there are in each. */
export async function fingerprint(
  admin: pg.Pool | pg.PoolClient,
  tables: readonly TenantTable[],
  workspaceId: string,
): Promise<Record<string, string>> {
  const parts = tables.map(
    (table) =>
      `select '${table.name}' as name, count(*) || ':' || md5(coalesce(string_agg(to_jsonb(t)::text, ',' order by to_jsonb(t)::text), '')) as hash
       from ${table.name} t where ${table.tenantColumn} = $1`,
  );
  const { rows } = await admin.query(parts.join(" union all "), [workspaceId]);
  return Object.fromEntries(rows.map((row) => [row.name, row.hash]));
}
