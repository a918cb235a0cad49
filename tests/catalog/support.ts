import type pg from "pg";
import { createDatabase } from "../helpers/database.ts";

/** A deployed database of this file's own, asked about its catalog as a superuser. */
export async function openCatalog(): Promise<
  (sql: string, values?: unknown[]) => Promise<Record<string, any>[]>
> {
  const database = await createDatabase();
  const pool: pg.Pool = database.pool("postgres", { max: 1 });
  return async (sql, values = []) => (await pool.query(sql, values)).rows;
}

/** SQL condition: the schema (alias n) belongs to one of our owners, and is neither one of graphile-worker's nor made by functions (tests/audit). */
export const ours = `pg_get_userbyid(n.nspowner) in ('bulkhead_owner', 'bulkhead_keeper', 'bulkhead_queue') and n.nspname not like 'queue\\_%' and n.nspname <> 'audit_parts'`;

/** The same with graphile-worker's queues. */
export const oursAndQueues = `pg_get_userbyid(n.nspowner) in ('bulkhead_owner', 'bulkhead_keeper', 'bulkhead_queue')`;

/** SQL condition: the table (alias c) holds tenants' rows and belongs to the domain, not to the keeper's registry. */
export const tenantTable = `c.relkind in ('r', 'p') and pg_get_userbyid(n.nspowner) = 'bulkhead_owner'
  and exists (select from pg_attribute t where t.attrelid = c.oid and t.attname = 'workspace_id' and not t.attisdropped)`;
