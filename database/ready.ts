import type pg from "pg";
import { DeployError } from "./deploy_error.ts";
import { logins } from "./services.ts";

const owners = ["bulkhead_owner", "bulkhead_keeper", "bulkhead_queue"];
// Own the functions that isolation.probe() attempts with: deploy gives them away.
const probeRoles = [
  "bulkhead_probe_member",
  "bulkhead_probe_agent",
  "bulkhead_probe_recipient",
  "bulkhead_probe_anonymous",
];
const requestRoles = ["bulkhead_member", "bulkhead_agent", "bulkhead_recipient", "bulkhead_anonymous"];

/**
 * Makes sure that the roles are there and that the database is open to ours and closed to everybody else, before
 * anything is changed. Deploy does both itself when it gets an administrator's login; elsewhere a DBA does it once.
 * @throws DeployError saying what is missing and which statements mend it
 */
export async function assertReady(client: pg.Client): Promise<void> {
  const { rows: missing } = await client.query<{ role: string }>(
    "select role from unnest($1::text[]) as role where to_regrole(role) is null",
    [[...owners, ...probeRoles, ...requestRoles, ...logins]],
  );
  if (missing.length > 0) {
    throw new DeployError(
      "DEPLOY_ROLES_MISSING",
      `the cluster lacks the roles ${missing.map((row) => row.role).join(", ")}; ` +
        "apply migrations/roles.sql as an administrator, or set ADMIN_DATABASE_URL",
    );
  }
  const { rows: refused } = await client.query<{ role: string }>(
    "select role from unnest($1::text[]) as role where not pg_has_role(role, 'usage')",
    [[...owners, ...probeRoles]],
  );
  if (refused.length > 0) {
    throw new DeployError(
      "DEPLOY_ROLES_MISSING",
      `the login of deploy is no member of ${refused.map((row) => row.role).join(", ")}; ` +
        "deploy as bulkhead_deploy, after applying migrations/roles.sql",
    );
  }
  const { rows } = await client.query<{ name: string; mayCreate: boolean; isPublic: boolean }>(`
    select quote_ident(current_database()) as name,
      has_database_privilege('bulkhead_deploy', current_database(), 'create')
        and has_database_privilege('bulkhead_queue', current_database(), 'create') as "mayCreate",
      exists (
        select from pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
        where d.datname = current_database() and a.grantee = 0
      ) as "isPublic"`);
  const { name, mayCreate, isPublic } = rows[0]!;
  if (!mayCreate || isPublic) {
    throw new DeployError(
      "DEPLOY_DATABASE_CLOSED",
      `the database ${name} is not prepared; as its owner run: ${openingStatements(name).join("; ")}; or set ADMIN_DATABASE_URL`,
    );
  }
}

/**
 * What gives a database its rights: CONNECT for our logins only, and TEMP for nobody, since a temporary table is
 * residue in a pooled connection.
 * @param database the quoted name
 */
export function openingStatements(database: string): string[] {
  return [
    `revoke all on database ${database} from public`,
    `grant connect on database ${database} to ${logins.join(", ")}`,
    `grant create on database ${database} to bulkhead_deploy, bulkhead_queue`,
  ];
}
