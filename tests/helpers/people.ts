import { randomUUID } from "node:crypto";
import type pg from "pg";
import type { TestDatabase } from "./database.ts";

/** A person signed in to a workspace, through the functions that the identity service calls. */
export interface SignedIn {
  readonly workspaceId: string;
  readonly personId: string;
  readonly membershipId: string;
  readonly email: string;
  readonly subject: string;
  readonly organizationId: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** Makes a workspace with its organization, and signs its owner in. */
export async function createWorkspace(database: TestDatabase, name: string): Promise<SignedIn> {
  const identity = database.pool("bulkhead_identity", { max: 1 });
  const organizationId = `org_${randomUUID()}`;
  const email = `owner@${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}.example.com`;
  await identity.query("select tenancy.provision_workspace($1, $2, $3)", [name, email, organizationId]);
  return signIn(database, { email, organizationId, subject: `user_${randomUUID()}` });
}

/** Invites a person with a role, as `inviter`, and signs them in. */
export async function addMember(
  database: TestDatabase,
  inviter: SignedIn,
  role: string,
  email = `${role}-${randomUUID()}@example.com`,
): Promise<SignedIn> {
  await asMember(database, inviter.accessToken, (client) =>
    client.query("select tenancy.invite_person($1, $2)", [email, role]),
  );
  return signIn(database, { email, organizationId: inviter.organizationId, subject: `user_${randomUUID()}` });
}

/** Completes a sign-in the way the identity service does once the provider has said who it is. */
export async function signIn(
  database: TestDatabase,
  who: { email: string; organizationId: string; subject: string; method?: string },
): Promise<SignedIn> {
  const identity = database.pool("bulkhead_identity", { max: 1 });
  const { rows } = await identity.query(
    "select * from session.complete_sign_in($1, $2, $3, $4, $5, $6, 'web', '127.0.0.1', 'tests')",
    [
      who.subject,
      who.email,
      who.email.split("@")[0],
      who.organizationId,
      who.method ?? "Password",
      `session_${randomUUID()}`,
    ],
  );
  const row = rows[0];
  const { rows: members } = await database
    .pool("postgres", { max: 1 })
    .query("select id from tenancy.memberships where workspace_id = $1 and person_id = $2", [
      row.workspace_id,
      row.person_id,
    ]);
  return {
    workspaceId: row.workspace_id,
    personId: row.person_id,
    membershipId: members[0].id,
    email: who.email,
    subject: who.subject,
    organizationId: who.organizationId,
    accessToken: row.access_token,
    refreshToken: row.refresh_token,
  };
}

const apiPools = new WeakMap<TestDatabase, pg.Pool>();

/** The API login's pool of a test database. */
export function apiPool(database: TestDatabase): pg.Pool {
  let pool = apiPools.get(database);
  if (!pool) apiPools.set(database, (pool = database.pool("bulkhead_api")));
  return pool;
}

/** Runs `work` as the API does for a request: its own login, one transaction, the request role and the token set for it. */
export async function asMember<Result>(
  database: TestDatabase,
  accessToken: string | null,
  work: (client: pg.PoolClient) => Promise<Result>,
  role = "bulkhead_member",
): Promise<Result> {
  const client = await apiPool(database).connect();
  try {
    await client.query("begin");
    await client.query("select set_config('role', $1, true), set_config('session.token', $2, true)", [
      role,
      accessToken ?? "",
    ]);
    const result = await work(client);
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}
