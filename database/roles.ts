import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import pg from "pg";
import { inTransaction, withClient } from "./connect.ts";
import { openingStatements } from "./ready.ts";
import type { Login } from "./services.ts";

/** A password for some of the logins. */
export type Passwords = Partial<Record<Login, string>>;

// "tuple concurrently updated", and a role that was made between the question and the answer.
const collisions = new Set(["XX000", "23505", "42710"]);

/**
 * Makes the cluster's roles and opens one database to them. Idempotent; needs a login that may create roles.
 * @param adminUrl the administrator's connection to the database
 * @param passwords set for the logins named; the others keep theirs
 */
export async function applyRoles(adminUrl: string, passwords: Passwords = {}): Promise<void> {
  const sql = await readFile(new URL("../migrations/roles.sql", import.meta.url), "utf8");
  const work = (client: pg.Client) =>
    inTransaction(client, async () => {
      await client.query("select pg_advisory_xact_lock(hashtext('bulkhead.roles'))");
      await client.query(sql);
      for (const [login, password] of Object.entries(passwords)) {
        await client.query(`alter role ${pg.escapeIdentifier(login)} password ${pg.escapeLiteral(password)}`);
      }
      await openDatabase(client);
    });
  // Roles belong to the cluster, an advisory lock to one database: deployments of two databases at once collide on the
  // roles, and Postgres says so in the one that comes second. What is done already is not done again.
  for (let attempt = 1; ; attempt++) {
    try {
      return await withClient(adminUrl, work);
    } catch (error) {
      if (attempt === 10 || !collisions.has((error as { code?: string }).code ?? "")) throw error;
      await setTimeout(20 * attempt);
    }
  }
}

/** Gives the connected database its own rights. They belong to the database, so a copy of a template needs them anew. */
export async function openDatabase(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>("select quote_ident(current_database()) as name");
  for (const statement of openingStatements(rows[0]!.name)) await client.query(statement);
  // A large object belongs to a database role: what one tenant's session stores, every other one behind the role reads.
  // Row-level security knows nothing of it, and only a superuser may take the built-in functions away.
  await client.query(`do $$ begin
    if (select r.rolsuper from pg_roles r where r.rolname = current_user) then
      revoke execute on function lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) from public;
      -- Without DO an injected statement stays one statement: it cannot take prepared statements away and put others
      -- in their place, nor loop.
      revoke usage on language plpgsql from public;
      grant usage on language plpgsql to bulkhead_owner, bulkhead_keeper, bulkhead_queue, bulkhead_deploy;
    end if;
  end $$`);
}
