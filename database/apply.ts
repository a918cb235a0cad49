import type pg from "pg";
import { ApplyError, locate } from "./apply_error.ts";
import { inTransaction } from "./connect.ts";
import { dropApplied } from "./drop_applied.ts";
import { hashFiles, readSqlFiles, type SqlFile } from "./files.ts";

// What a file may lack while others are still to come: a function, a view, a type, a column of a view.
const comesLater = new Set(["42883", "42P01", "42704", "42703"]);

/**
 * Puts functions/ and policies/ in force, in one transaction: everything that earlier files made is dropped, then every
 * file is applied. What is in no file is gone afterwards, and a refused file leaves the old state whole.
 * @param base where functions/ and policies/ are; tests point it at a copy
 * @param verify throws to refuse what is about to be committed; asked when nothing changed, too
 * @returns whether anything was applied: an unchanged set of files over unchanged tables is not
 * @throws ApplyError naming the file and the line
 */
export async function applyFiles(
  client: pg.Client,
  base?: string,
  verify: (client: pg.Client) => Promise<void> = async () => {},
): Promise<boolean> {
  const functions = await readSqlFiles("functions", base);
  const policies = await readSqlFiles("policies", base);
  return inTransaction(client, async () => {
    await client.query("select pg_advisory_xact_lock(hashtext('bulkhead.apply'))");
    const hash = hashFiles([...functions, ...policies, await tables(client)]);
    await client.query("set local role bulkhead_owner");
    const { rows: before } = await client.query("select from app.deployments where files_hash = $1", [hash]);
    await client.query("reset role");
    if (before.length > 0) {
      await verify(client);
      return false;
    }

    const owners = await schemaOwners(client);
    await client.query(dropApplied);
    // Who may name what comes first: a `begin atomic` body is read as its owner, who must be able to name what it uses.
    for (const file of policies.filter((one) => one.schema === null)) await applyOne(client, file, owners);
    // A string body may name a function of a later file; a `begin atomic` body may not, so those come round again.
    await client.query("set local check_function_bodies = off");
    await applyUntilDone(client, functions, owners);
    for (const file of policies.filter((one) => one.schema !== null)) await applyOne(client, file, owners);
    // Now that everything is there, once more with the bodies checked: a misspelt one fails here, not at its first call.
    await client.query("set local check_function_bodies = on");
    for (const file of functions) await applyOne(client, file, owners);

    await client.query("set local role bulkhead_owner");
    await client.query(
      `insert into app.deployments (files_hash) values ($1)
       on conflict (singleton) do update set files_hash = excluded.files_hash, deployed_at = now()`,
      [hash],
    );
    await client.query("reset role");
    await verify(client);
    return true;
  });
}

/**
 * The tables that policies are about, and the queues' functions that grants are about: one that was dropped and made
 * again, by a migration or by graphile-worker's own, has lost what the files gave it, and has another oid.
 */
async function tables(client: pg.Client): Promise<SqlFile> {
  const { rows } = await client.query<{ text: string }>(`
    select coalesce(string_agg(o.name, ' ' order by o.name), '') as text
    from (
      select n.oid, nspname, nspowner from pg_namespace n
      where pg_get_userbyid(nspowner) in ('bulkhead_owner', 'bulkhead_keeper', 'bulkhead_queue')
    ) n, lateral (
      select c.relname || ':' || c.oid as name from pg_class c where c.relnamespace = n.oid and c.relkind in ('r', 'p', 'S')
      union all
      select p.proname || ':' || p.oid from pg_proc p where p.pronamespace = n.oid and n.nspname like 'queue\\_%'
    ) o`);
  return { path: "", schema: null, text: rows[0]!.text };
}

async function schemaOwners(client: pg.Client): Promise<Map<string, string>> {
  const { rows } = await client.query<{ schema: string; owner: string }>(
    "select nspname as schema, pg_get_userbyid(nspowner) as owner from pg_namespace",
  );
  return new Map(rows.map((row) => [row.schema, row.owner]));
}

async function applyUntilDone(
  client: pg.Client,
  files: readonly SqlFile[],
  owners: Map<string, string>,
): Promise<void> {
  let waiting = files;
  while (waiting.length > 0) {
    const next: SqlFile[] = [];
    let first: unknown;
    for (const file of waiting) {
      try {
        await applyOne(client, file, owners);
      } catch (error) {
        if (!comesLater.has((error as ApplyError).sqlState ?? "")) throw error;
        first ??= error;
        next.push(file);
      }
    }
    if (next.length === waiting.length) throw first;
    waiting = next;
  }
}

/** A file that is refused changes nothing: the transaction is as before it. */
async function applyOne(client: pg.Client, file: SqlFile, owners: Map<string, string>): Promise<void> {
  const owner = file.schema === null ? null : owners.get(file.schema);
  if (owner === undefined) throw new ApplyError(file, 1, new Error(`there is no schema ${file.schema}`));
  const asOwner = owner === null ? "reset role" : `set local role ${owner}`;
  await client.query(`savepoint one_file; ${asOwner}`);
  try {
    if (file.text.trim() !== "") await client.query(file.text);
  } catch (error) {
    await client.query("rollback to savepoint one_file");
    const line = await locate(client, file, asOwner, error as Error);
    throw new ApplyError(file, line, error as Error);
  }
  await client.query("reset role; release savepoint one_file");
}
