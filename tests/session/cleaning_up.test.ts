import { beforeAll, expect, test } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { createWorkspace, type SignedIn } from "../helpers/people.ts";
import { admin, authenticate, column, refusal, refresh } from "./support.ts";

const database = await createDatabase();
const janitor = database.pool("bulkhead_janitor", { max: 1 });
let owner: SignedIn;

beforeAll(async () => {
  owner = await createWorkspace(database, "Harbour");
});

const cleanUp = async () => Number((await column<string>(janitor, "select session.clean_up()"))[0]);
const count = async (table: string, where = "true") =>
  (await column<number>(admin(database), `select count(*)::integer from ${table} where ${where}`))[0]!;

test("the janitor removes what is long over, and nothing that lives (DSK-16)", async () => {
  await admin(database).query(`
    insert into session.sign_in_attempts (state_hash, browser_hash, flow, return_to, sealed_verifier, expires_at) values
      ('\\x01', '\\x01', 'web', '/', 'x', now() - interval '1 second'), ('\\x02', '\\x02', 'web', '/', 'x', now() + interval '5 minutes');
    insert into session.tickets (service, workspace_id, expires_at, finished_at)
    select 'mail_sync', id, e, f from tenancy.workspaces, (values
      (now() - interval '1 second', null), (now() + interval '1 day', now() - interval '2 days'),
      (now() + interval '1 day', now() - interval '1 hour'), (now() + interval '1 day', null)
    ) as t (e, f)`);
  expect(await cleanUp()).toBe(3);
  expect(await count("session.sign_in_attempts")).toBe(1);
  expect(await count("session.tickets")).toBe(2);
  expect(await cleanUp()).toBe(0);
  expect((await authenticate(database, owner.accessToken)).reason).toBeNull();
});

test("an expired token is still told apart from an unknown one for a day", async () => {
  const expire = (ago: string) =>
    admin(database).query(`update session.tokens set expires_at = now() - interval '${ago}'`);
  await expire("23 hours");
  await cleanUp();
  expect((await authenticate(database, owner.accessToken)).reason).toBe("SESSION_EXPIRED");
  await expire("25 hours");
  expect(await cleanUp()).toBe(1);
  expect((await authenticate(database, owner.accessToken)).reason).toBe("SESSION_UNKNOWN");
  expect((await refresh(database, owner.refreshToken)).reason).toBeNull();
});

test("a sign-in that ended is forgotten after 30 days, with its tokens", async () => {
  await admin(database).query(
    "update session.sign_ins set ended_at = now() - interval '31 days', end_reason = 'signed_out'",
  );
  expect(await cleanUp()).toBeGreaterThan(0);
  expect(await count("session.sign_ins")).toBe(0);
  expect(await count("session.tokens")).toBe(0);
  expect(await count("session.refresh_tokens")).toBe(0);
});

test("nobody but the janitor cleans up", async () => {
  for (const login of [
    "bulkhead_api",
    "bulkhead_identity",
    "bulkhead_opener",
    "bulkhead_mail_sync",
    "bulkhead_auditor",
  ] as const) {
    expect(await refusal(database.pool(login, { max: 1 }).query("select session.clean_up()"))).toBe("42501");
  }
});
