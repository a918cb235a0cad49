import type { TestDatabase } from "../helpers/database.ts";
import { addMember, asMember, createWorkspace, type SignedIn } from "../helpers/people.ts";
import { admin, column } from "../session/support.ts";

/** The roles of the catalogue with their permissions: what the tests below are generated from. */
export interface Role {
  readonly key: string;
  readonly level: number;
  readonly permissions: readonly string[];
}

export async function roles(database: TestDatabase): Promise<Role[]> {
  const { rows } = await admin(database).query<Role>(
    `select r.key, r.level, array(select p.permission_key from tenancy.role_permissions p where p.role_key = r.key order by 1) as permissions
     from tenancy.roles r order by r.level desc, r.key`,
  );
  return rows;
}

/** A workspace with one member of each role. */
export type Crew = Record<string, SignedIn> & { owner: SignedIn };

export async function createCrew(database: TestDatabase, name: string): Promise<Crew> {
  const crew: Crew = { owner: await createWorkspace(database, name) };
  for (const role of await roles(database)) {
    if (role.key !== "owner") crew[role.key] = await addMember(database, crew.owner, role.key);
  }
  return crew;
}

/** Calls a function as a member; its rows as objects. */
export async function call<Row = Record<string, unknown>>(
  database: TestDatabase,
  who: SignedIn,
  name: string,
  ...values: unknown[]
): Promise<Row> {
  const slots = values.map((_, index) => `$${index + 1}`).join(", ");
  const rows = await asMember(database, who.accessToken, (client) =>
    client.query(`select * from tenancy.${name}(${slots})`, values),
  );
  return rows.rows[0] as Row;
}

/** "done", or the SQLSTATE (for a constraint: its name) that a call is refused with. */
export async function outcome(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => "done",
    (error: { code?: string; constraint?: string }) => {
      if (!error.code) throw error;
      return error.constraint ?? error.code;
    },
  );
}

/** The audit events of an action in a person's workspace, oldest first. */
export async function events(database: TestDatabase, who: SignedIn, action: string) {
  const { rows } = await admin(database).query(
    "select row_id, changed_columns, person_id from audit.events where workspace_id = $1 and action = $2 order by occurred_at",
    [who.workspaceId, action],
  );
  return rows as { row_id: string; changed_columns: string[] | null; person_id: string | null }[];
}

/** How many audit events a workspace has: a refused call adds none. */
export async function countEvents(database: TestDatabase, who: SignedIn): Promise<number> {
  const sql = "select count(*)::integer from audit.events where workspace_id = $1";
  return (await column<number>(admin(database), sql, [who.workspaceId]))[0]!;
}
