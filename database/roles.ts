import { readFile } from "node:fs/promises";
import pg from "pg";
import { withClient } from "./connect.ts";
import { logins, type Login } from "./services.ts";

/** A password for some of the logins. */
export type Passwords = Partial<Record<Login, string>>;

/**
 * Makes the cluster's roles and opens one database to them. Idempotent; needs a login that may create roles.
 * @param adminUrl the administrator's connection to the database
 * @param passwords set for the logins named; the others keep theirs
 */
export async function applyRoles(adminUrl: string, passwords: Passwords = {}): Promise<void> {
  const sql = await readFile(new URL("../migrations/roles.sql", import.meta.url), "utf8");
  await withClient(adminUrl, async (client) => {
    // Roles belong to the cluster: two deployments at once, on two databases, would collide on them.
    await client.query("select pg_advisory_lock(hashtext('bulkhead.roles'))");
    await client.query(sql);
    for (const [login, password] of Object.entries(passwords)) {
      await client.query(`alter role ${pg.escapeIdentifier(login)} password ${pg.escapeLiteral(password)}`);
    }
    await openDatabase(client);
  });
}

/**
 * Gives the connected database its own rights: CONNECT for our logins only, and TEMP for nobody, since a temporary table
 * is residue in a pooled connection. They belong to the database, so a copy of a template needs them anew.
 */
export async function openDatabase(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>("select current_database() as name");
  const database = pg.escapeIdentifier(rows[0]!.name);
  await client.query(`revoke all on database ${database} from public`);
  await client.query(`grant connect on database ${database} to ${logins.join(", ")}`);
  await client.query(`grant create on database ${database} to bulkhead_deploy, bulkhead_queue`);
}
