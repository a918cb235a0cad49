import { randomUUID } from "node:crypto";
import type pg from "pg";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { addMember, asMember, createWorkspace, type SignedIn } from "../helpers/people.ts";
import { admin, authenticate, column, refusal } from "./support.ts";

const database = await createDatabase();
const sync = database.pool("bulkhead_mail_sync", { max: 4 });
let owner: SignedIn;
let lighthouse: SignedIn;
let member: SignedIn;
let ticketId: string;
let importId: string;

beforeAll(async () => {
  owner = await createWorkspace(database, "Harbour");
  lighthouse = await createWorkspace(database, "Lighthouse");
});

beforeEach(async () => {
  member = await addMember(database, owner, "operator");
  importId = await startImport(owner, member);
  const sql =
    "select payload->>'ticket_id' from queue_mail_sync._private_jobs where payload->>'import_id' = $1";
  ticketId = (await column<string>(admin(database), sql, [importId]))[0]!;
});

async function startImport(admin_: SignedIn, by: SignedIn): Promise<string> {
  const [inboxId] = await asMember(database, admin_.accessToken, (client) =>
    column<string>(client, "select id from mail.create_inbox($1)", [randomUUID()]),
  );
  const [id] = await asMember(database, by.accessToken, (client) =>
    column<string>(client, "select id from mail.import_messages($1, 'a.b.c.d.e')", [inboxId]),
  );
  return id!;
}

const claim = async (pool: pg.Pool = sync, id = ticketId) =>
  (await column<string>(pool, "select session.claim_ticket($1)", [id]))[0]!;
const finish = async (pool: pg.Pool = sync, id = ticketId) =>
  (await column<boolean>(pool, "select session.finish_ticket($1)", [id]))[0]!;

/** Runs a query as the worker does: the token set for one transaction. */
async function asService<Value>(
  token: string,
  sql: string,
  values: unknown[] = [],
  pool = sync,
): Promise<Value[]> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("select set_config('session.token', $1, true)", [token]);
    const found = await column<Value>(client, sql, values);
    await client.query("commit");
    return found;
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}
const take = (token: string, id = importId) =>
  asService(token, "select workspace_id from mail.take_import($1)", [id]);
const act = (name: string) =>
  asMember(database, owner.accessToken, (client) =>
    client.query(`select tenancy.${name}($1)`, [member.membershipId]),
  );

describe("a ticket (NUM-26, NUM-35)", () => {
  test("gives its service the one workspace of its job, and a worker without one nothing", async () => {
    expect(await take("")).toEqual([]);
    const token = await claim();
    expect(await take(token)).toEqual([owner.workspaceId]);
    const theirs = await startImport(lighthouse, lighthouse);
    expect(await take(token, theirs)).toEqual([]);
  });

  test("is claimed by the service that it was issued for, and by no other", async () => {
    const janitor = database.pool("bulkhead_janitor", { max: 1 });
    expect(await refusal(claim(janitor))).toBe("ZS006");
    expect(await finish(janitor)).toBe(false);
    expect(await refusal(claim(database.pool("bulkhead_identity", { max: 1 })))).toBe("ZS006");
    for (const login of ["bulkhead_api", "bulkhead_opener"] as const) {
      expect(await refusal(claim(database.pool(login, { max: 1 })))).toBe("42501");
    }
    expect(
      await refusal(
        asMember(database, owner.accessToken, (client) =>
          client.query("select session.claim_ticket($1)", [ticketId]),
        ),
      ),
    ).toBe("42501");
  });

  test("gives a token that is worth nothing to any other login, and is no session of the API", async () => {
    const token = await claim();
    expect((await authenticate(database, token)).reason).toBe("SESSION_UNKNOWN");
    expect(
      await asMember(database, token, (client) => column(client, "select session.workspace_id()")),
    ).toEqual([null]);
    const janitor = database.pool("bulkhead_janitor", { max: 1 });
    // The janitor's own ticket is needed to claim with its token: as the janitor this token names nobody.
    expect(
      await refusal(asService(token, "select workspace_id from mail.take_import($1)", [importId], janitor)),
    ).toBe("42501");
  });

  test("claimed again fences the former holder out: a worker thought dead writes nothing more (NUM-45)", async () => {
    const first = await claim();
    expect(await take(first)).toEqual([owner.workspaceId]);
    const second = await claim();
    expect(await take(first)).toEqual([]);
    expect(await take(second)).toEqual([owner.workspaceId]);
  });

  test("claimed by two at once leaves one of them a live token", async () => {
    const tokens = await Promise.all([claim(), claim(), claim()]);
    const answers = await Promise.all(tokens.map((token) => take(token)));
    expect(answers.filter((answer) => answer.length === 1)).toHaveLength(1);
  });

  test("finished ends its token and is never claimed again", async () => {
    const token = await claim();
    expect(await finish()).toBe(true);
    expect(await take(token)).toEqual([]);
    expect(await refusal(claim())).toBe("ZS006");
    expect(await finish()).toBe(false);
  });

  test("ends with the membership on whose behalf it runs: at its removal", async () => {
    const token = await claim();
    await act("remove_member");
    expect(await take(token)).toEqual([]);
    expect(await refusal(claim())).toBe("ZS006");
  });

  test("rests while the member is suspended, and goes on afterwards", async () => {
    const token = await claim();
    await act("suspend_member");
    expect(await take(token)).toEqual([]);
    expect(await refusal(claim())).toBe("ZS006");
    await act("reactivate_member");
    // The member's own import has ended with the suspension.
    expect(await take(await claim(), await startImport(owner, owner))).toEqual([owner.workspaceId]);
  });

  test("outlives the sign-in that issued it: the job was asked for while it lived", async () => {
    await act("end_member_sessions");
    expect(await take(await claim())).toEqual([owner.workspaceId]);
  });

  test("gives a lease of at most 30 minutes, and after it nothing", async () => {
    const leaseOf = async (lease: string | null) => {
      await sync.query("select session.claim_ticket($1, $2::interval)", [ticketId, lease]);
      const sql = `select extract(epoch from expires_at - clock_timestamp())::integer from session.tokens
        where ticket_id = $1 and revoked_at is null`;
      return (await column<number>(admin(database), sql, [ticketId]))[0]!;
    };
    expect(await leaseOf("10 days")).toBeLessThanOrEqual(1800);
    expect(await leaseOf(null)).toBeLessThanOrEqual(1800);
    const token = await claim();
    await admin(database).query("update session.tokens set expires_at = now() where ticket_id = $1", [
      ticketId,
    ]);
    expect(await take(token)).toEqual([]);
  });

  test("too old is not claimed", async () => {
    await admin(database).query("update session.tickets set expires_at = now() where id = $1", [ticketId]);
    expect(await refusal(claim())).toBe("ZS006");
  });

  test("that does not exist is not claimed", async () => {
    expect(await refusal(claim(sync, randomUUID()))).toBe("ZS006");
  });

  test("is issued by no login and no request role directly", async () => {
    for (const pool of [sync, database.pool("bulkhead_api", { max: 1 })]) {
      expect(await refusal(pool.query("select session.issue_ticket('mail_sync')"))).toBe("42501");
    }
    expect(
      await refusal(
        asMember(database, owner.accessToken, (client) =>
          client.query("select session.issue_ticket('mail_sync')"),
        ),
      ),
    ).toBe("42501");
  });

  test("its token is in no job: the payload holds ids", async () => {
    const token = await claim();
    const rows = await column<string>(
      admin(database),
      "select payload::text from queue_mail_sync._private_jobs",
    );
    for (const row of rows) expect(row).not.toContain(token.split(".")[2]);
  });
});

test("what a service does with a ticket is in the audit log, on whose behalf and by which service (NUM-27, NUM-38)", async () => {
  await take(await claim());
  const { rows } = await admin(database).query(
    "select action, person_id, service from audit.events where row_id = $1 and action = 'import.updated'",
    [importId],
  );
  expect(rows).toEqual([{ action: "import.updated", person_id: member.personId, service: "mail_sync" }]);
});
