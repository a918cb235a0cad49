import { describe, expect, test } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { addMember, asMember, createWorkspace, type SignedIn } from "../helpers/people.ts";
import { askForImport, createInbox, createWorkerKeys, plainMessage } from "../helpers/worker.ts";

const database = await createDatabase();
const admin = database.pool("postgres", { max: 1 });
const keys = createWorkerKeys();
const owner = await createWorkspace(database, "Harbour");
const inbox = await createInbox(database, owner, "Inbox");
const source = plainMessage({ id: "1@example.com", subject: "Hello", text: "Hello" });

/** An import that waits, and one that a worker has begun. */
async function importsOf(person: SignedIn): Promise<string[]> {
  const queued = await askForImport(database, keys, person, inbox, source);
  const running = await askForImport(database, keys, person, inbox, source);
  await admin.query("update mail.imports set status = 'running', imported_count = 3 where id = $1", [
    running,
  ]);
  return [queued, running];
}

async function seen(ids: string[]) {
  const { rows } = await asMember(database, owner.accessToken, (client) =>
    client.query(
      `select status, error_code, finished_at is not null as finished, imported_count from mail.imports
       where id = any ($1) order by id`,
      [ids],
    ),
  );
  return rows;
}

async function sources(ids: string[]): Promise<number> {
  const { rows } = await admin.query("select from mail.import_sources where id = any ($1)", [ids]);
  return rows.length;
}

const as = (text: string, values: unknown[]) =>
  asMember(database, owner.accessToken, (client) => client.query(text, values));

describe("the imports of a member", () => {
  test.each([
    ["is removed", "select tenancy.remove_member($1)", "IMPORT_MEMBER_REMOVED"],
    ["is suspended", "select tenancy.suspend_member($1)", "IMPORT_MEMBER_SUSPENDED"],
  ])("who %s end and say so; their sources are gone, what they stored stays", async (_title, text, code) => {
    const member = await addMember(database, owner, "operator");
    const mine = await importsOf(member);
    const others = await importsOf(await addMember(database, owner, "operator"));
    await as(text, [member.membershipId]);
    expect(await seen(mine)).toEqual([
      { status: "failed", error_code: code, finished: true, imported_count: 0 },
      { status: "failed", error_code: code, finished: true, imported_count: 3 },
    ]);
    expect(await sources(mine)).toBe(0);
    expect(await seen(others)).toMatchObject([{ status: "queued" }, { status: "running" }]);
    expect(await sources(others)).toBe(2);
  });

  test("go on when only their role changes", async () => {
    const member = await addMember(database, owner, "operator");
    const ids = await importsOf(member);
    await as("select tenancy.change_member_role($1, 'manager')", [member.membershipId]);
    expect(await seen(ids)).toMatchObject([{ status: "queued" }, { status: "running" }]);
  });

  test("that have ended keep what they say", async () => {
    const member = await addMember(database, owner, "operator");
    const [id] = await importsOf(member);
    await admin.query("update mail.imports set status = 'done', finished_at = now() where id = $1", [id]);
    await as("select tenancy.remove_member($1)", [member.membershipId]);
    expect(await seen([id!])).toMatchObject([{ status: "done", error_code: null }]);
  });
});
