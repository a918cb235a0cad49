import type pg from "pg";
import { inTransaction } from "./connect.ts";
import { hashFiles, readSqlFiles, type SqlFile } from "./files.ts";

/** A file of functions/ or policies/ that the database refused. Nothing was changed. */
export class ApplyError extends Error {
  readonly code = "DEPLOY_FILE_REFUSED";
  /** Path from the project's root. */
  readonly file: string;
  /** Line of the file, from 1; null where the database named no position. */
  readonly line: number | null;

  constructor(file: SqlFile, cause: Error & { position?: string; code?: string; hint?: string }) {
    const line = cause.position ? file.text.slice(0, Number(cause.position) - 1).split("\n").length : null;
    super(`${file.path}${line === null ? "" : `:${line}`}: ${cause.message}${cause.code ? ` (${cause.code})` : ""}`, { cause });
    this.name = "ApplyError";
    this.file = file.path;
    this.line = line;
  }
}

/** Where functions/ and policies/ are read from; tests point it at a copy. */
export interface ApplyOptions {
  readonly base?: string;
  /** Apply even when the files' hash is unchanged: a migration may have re-created a table without its policies. */
  readonly force: boolean;
}

// What a file may lack while others are still to come: a function, a view, a type, a column of a view.
const comesLater = new Set(["42883", "42P01", "42704", "42703"]);

/**
 * Puts functions/ and policies/ in force, in one transaction: everything that earlier files made is dropped, then every
 * file is applied. What is in no file is gone afterwards, and a refused file leaves the old state whole.
 * @returns whether anything was applied
 * @throws ApplyError naming the file and the line
 */
export async function applyFiles(client: pg.Client, options: ApplyOptions): Promise<boolean> {
  const functions = await readSqlFiles("functions", options.base);
  const policies = await readSqlFiles("policies", options.base);
  const hash = hashFiles([...functions, ...policies]);
  return inTransaction(client, async () => {
    await client.query("select pg_advisory_xact_lock(hashtext('bulkhead.deploy'))");
    await client.query("set local role bulkhead_owner");
    const { rows: before } = await client.query("select files_hash from app.deployments where files_hash = $1", [hash]);
    await client.query("reset role");
    if (before.length > 0 && !options.force) return false;

    const owners = await schemaOwners(client);
    await client.query(dropEverything);
    // A plpgsql body may name a function of a later file; a `begin atomic` body may not, so those come round again.
    await client.query("set local check_function_bodies = off");
    await applyUntilDone(client, functions, owners);
    // Who may name what comes before what is inside.
    const general = policies.filter((file) => file.schema === null);
    const perTable = policies.filter((file) => file.schema !== null);
    for (const file of [...general, ...perTable]) await applyOne(client, file, owners);
    await client.query("set local role bulkhead_owner");
    await client.query(
      `insert into app.deployments (files_hash) values ($1)
       on conflict (singleton) do update set files_hash = excluded.files_hash, deployed_at = now()`,
      [hash],
    );
    await client.query("reset role");
    return true;
  });
}

async function schemaOwners(client: pg.Client): Promise<Map<string, string>> {
  const { rows } = await client.query<{ schema: string; owner: string }>(
    "select nspname as schema, pg_get_userbyid(nspowner) as owner from pg_namespace",
  );
  return new Map(rows.map((row) => [row.schema, row.owner]));
}

async function applyUntilDone(client: pg.Client, files: readonly SqlFile[], owners: Map<string, string>): Promise<void> {
  let waiting = files;
  while (waiting.length > 0) {
    const next: SqlFile[] = [];
    let first: unknown;
    for (const file of waiting) {
      await client.query("savepoint one_file");
      try {
        await applyOne(client, file, owners);
      } catch (error) {
        const code = ((error as Error).cause as { code?: string } | undefined)?.code;
        if (!code || !comesLater.has(code)) throw error;
        first ??= error;
        next.push(file);
        await client.query("rollback to savepoint one_file");
      }
      await client.query("release savepoint one_file");
    }
    if (next.length === waiting.length) throw first;
    waiting = next;
  }
}

async function applyOne(client: pg.Client, file: SqlFile, owners: Map<string, string>): Promise<void> {
  if (file.text.trim() === "") return;
  try {
    const owner = file.schema === null ? null : owners.get(file.schema);
    if (owner === undefined) throw Object.assign(new Error(`there is no schema ${file.schema}`), { code: "3F000" });
    await client.query(owner === null ? "reset role" : `set local role ${owner}`);
    await client.query(file.text);
    await client.query("reset role");
  } catch (error) {
    throw new ApplyError(file, error as Error);
  }
}

// Everything that files make, in the schemas whose owner is one of ours: policies, triggers, functions, views, grants.
// The schema app is history's (migrations/committed), but for grants.
const dropEverything = `
do $drop$
declare
  v record;
  v_ours oid[] := array(select oid from pg_namespace
    where pg_get_userbyid(nspowner) in ('bulkhead_owner', 'bulkhead_keeper', 'bulkhead_queue') and nspname not like 'queue\\_%');
  v_roles text := (select string_agg(quote_ident(rolname), ', ') from pg_roles
    where rolname like 'bulkhead\\_%' and rolname not in ('bulkhead_owner', 'bulkhead_keeper', 'bulkhead_queue'));
begin
  for v in select p.polname, p.polrelid::regclass as target from pg_policy p join pg_class c on c.oid = p.polrelid
    where c.relnamespace = any (v_ours) loop
    execute format('drop policy %I on %s', v.polname, v.target);
  end loop;
  for v in select t.tgname, t.tgrelid::regclass as target from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where c.relnamespace = any (v_ours) and not t.tgisinternal and t.tgparentid = 0 loop
    execute format('drop trigger %I on %s', v.tgname, v.target);
  end loop;
  for v in select c.oid::regclass as target from pg_class c where c.relnamespace = any (v_ours) and c.relkind = 'v' loop
    execute format('drop view if exists %s cascade', v.target);
  end loop;
  for v in select p.oid::regprocedure as target, p.oid from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.oid = any (v_ours) and n.nspname <> 'app' loop
    if exists (select from pg_proc where oid = v.oid) then
      execute format('drop routine if exists %s cascade', v.target);
    end if;
  end loop;
  for v in select nspname from pg_namespace where oid = any (v_ours) loop
    execute format('revoke all on all tables in schema %I from public, %s', v.nspname, v_roles);
    execute format('revoke all on all routines in schema %I from public, %s', v.nspname, v_roles);
    execute format('revoke all on schema %I from public, %s', v.nspname, v_roles);
  end loop;
end
$drop$`;
