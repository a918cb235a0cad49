import { createHmac } from "node:crypto";
import pg from "pg";
import type { TestDatabase } from "../helpers/database.ts";
import { apiPool } from "../helpers/people.ts";

/** What session.authenticate answers. */
export interface Authenticated {
  reason: string | null;
  workspace_id: string | null;
  person_id: string | null;
  sign_in_id: string | null;
  database_role: string | null;
  expires_at: Date | null;
}

export async function authenticate(database: TestDatabase, token: string | null): Promise<Authenticated> {
  const { rows } = await apiPool(database).query("select * from session.authenticate($1)", [token]);
  return rows[0];
}

/** What session.refresh answers. */
export interface Refreshed {
  reason: string | null;
  access_token: string | null;
  next_refresh_token: string | null;
  access_expires_at: Date | null;
  expires_at: Date | null;
}

export async function refresh(database: TestDatabase, token: string): Promise<Refreshed> {
  const { rows } = await apiPool(database).query("select * from session.refresh($1)", [token]);
  return rows[0];
}

const admins = new WeakMap<TestDatabase, pg.Pool>();

/** The superuser's pool: to arrange, to turn the clock, and to look behind the curtain. */
export function admin(database: TestDatabase): pg.Pool {
  let pool = admins.get(database);
  if (!pool) admins.set(database, (pool = database.pool("postgres", { max: 2 })));
  return pool;
}

/** A JWT's three parts; header and payload parsed. */
export function decode(token: string) {
  const [header, payload, signature] = token.split(".") as [string, string, string];
  const parse = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
  return { header: parse(header), payload: parse(payload), signature, signed: `${header}.${payload}` };
}

/** A JWT of an attacker's own making. */
export function forge(header: unknown, payload: unknown, secret: Buffer | string | null): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part(header)}.${part(payload)}`;
  return `${signed}.${secret === null ? "" : createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

/** The secret of a signing key, from its inner pad (RFC 2104: the key, zero-padded to 64 bytes, xor 0x36). */
export async function signingSecret(database: TestDatabase, kid: string): Promise<Buffer> {
  const sql = "select inner_pad from session.signing_keys where kid = $1";
  const { rows } = await admin(database).query(sql, [kid]);
  return Buffer.from((rows[0].inner_pad as Buffer).map((byte) => byte ^ 0x36));
}

/** The first column of a query's rows. */
export async function column<Value>(
  client: pg.Pool | pg.PoolClient | pg.Client,
  sql: string,
  values: unknown[] = [],
): Promise<Value[]> {
  const { rows } = await client.query({ text: sql, values, rowMode: "array" });
  return rows.map((row) => row[0] as Value);
}

/** The SQLSTATE that a query is refused with; fails when it is not. */
export async function refusal(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => {
      throw new Error("expected a refusal");
    },
    (error: { code?: string }) => {
      if (!error.code) throw error;
      return error.code;
    },
  );
}

/** A connection of a test's own, closed by `await using`. */
export async function connect(url: string): Promise<pg.Client & AsyncDisposable> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

/** Sets role and token for the transaction, as the API does for a request. */
export async function become(client: pg.Client | pg.PoolClient, role: string, token: string): Promise<void> {
  await client.query({
    name: "become",
    text: "select set_config('role', $1, true), set_config('session.token', $2, true)",
    values: [role, token],
  });
}
