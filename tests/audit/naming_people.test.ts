import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sealSubjects } from "../../worker/audit/subjects.ts";
import { startTestApi, type TestApi } from "../helpers/api.ts";
import { createDatabase } from "../helpers/database.ts";
import { addMember, asMember, createWorkspace, type SignedIn } from "../helpers/people.ts";
import { createWorkerKeys, startTestWorker, type TestWorker } from "../helpers/worker.ts";
import { makeNotaryKey, seal, withNotary } from "./support.ts";

const database = await createDatabase();
const admin = database.pool("postgres", { max: 2 });
const keys = createWorkerKeys();
const { key } = await makeNotaryKey();
let api: TestApi;
let worker: TestWorker;
let owner: SignedIn, client: SignedIn, stranger: SignedIn;

const sealAll = async () => {
  await seal(database, key);
  await withNotary(database, (c) => sealSubjects(c, keys.kek));
};
const ask = (who: SignedIn, argument = "") =>
  api.ask(
    who.accessToken,
    `{ auditEvents(first: 100${argument}) { nodes { action personId person { personId name email erased } subject { personId name email erased } } } }`,
  );

beforeAll(async () => {
  owner = await createWorkspace(database, "Harbour");
  client = await createWorkspace(database, "Lighthouse");
  stranger = await createWorkspace(database, "Elsewhere");
  await admin.query("update tenancy.workspaces set parent_id = $1 where id = $2", [
    owner.workspaceId,
    client.workspaceId,
  ]);
  worker = await startTestWorker(database, { services: ["opener"], keys });
  api = await startTestApi(database, { config: { workerPublicKeys: keys.publicKeys } });
  await sealAll();
});
afterAll(() => worker?.stop());

test("who did it, and whom it was done to, by name", async () => {
  const member = await addMember(database, owner, "user", "ada@harbour.example");
  await asMember(database, owner.accessToken, (c) =>
    c.query("select tenancy.change_member_role($1, 'viewer')", [member.membershipId]),
  );
  await sealAll();
  const answer = await ask(owner);
  expect(answer.errors).toEqual([]);
  const event = answer.data.auditEvents.nodes.find(
    (one: { action: string }) => one.action === "membership.updated",
  );
  expect(event).toEqual({
    action: "membership.updated",
    personId: owner.personId,
    person: { personId: owner.personId, name: "owner", email: "owner@harbour.example.com", erased: false },
    subject: { personId: member.personId, name: "ada", email: "ada@harbour.example", erased: false },
  });
});

test("somebody who was erased is redacted, at once and for good", async () => {
  const member = await addMember(database, owner, "user", "canary@harbour.example");
  await asMember(database, member.accessToken, (c) => c.query("select tenancy.leave_workspace()"));
  await sealAll();
  const about = async () =>
    (await ask(owner)).data.auditEvents.nodes
      .flatMap((one: { person: object; subject: object }) => [one.person, one.subject])
      .filter((one: { personId: string } | null) => one?.personId === member.personId);
  expect((await about())[0]).toMatchObject({ name: "canary", erased: false });
  await asMember(database, owner.accessToken, (c) =>
    c.query("select audit.erase_person($1)", [member.personId]),
  );
  const answer = await ask(owner);
  expect(answer.text).not.toContain("canary");
  for (const one of await about())
    expect(one).toEqual({ personId: member.personId, name: null, email: null, erased: true });
});

test("a name that is not sealed yet is null for that second, not an error", async () => {
  const member = await addMember(database, owner, "user", "new@harbour.example");
  const answer = await ask(owner);
  expect(answer.errors).toEqual([]);
  expect(
    answer.data.auditEvents.nodes.find((one: { personId: string }) => one.personId === member.personId)
      .person,
  ).toEqual({ personId: member.personId, name: null, email: null, erased: false });
});

describe("names go as far as the trail goes", () => {
  const names = (who: SignedIn, workspaceId: string, ids: string[]) =>
    asMember(database, who.accessToken, async (c) => {
      const { rows } = await c.query("select sealed.ask_names($1, $2, gen_random_uuid()) as id", [
        workspaceId,
        ids,
      ]);
      // What the call names, before the worker takes it.
      return (await admin.query("select 1")).rows && (rows[0].id as string);
    });
  const named = async (id: string) =>
    (await admin.query("select row_ids from sealed.calls where id = $1", [id])).rows[0]?.row_ids;

  test("an agency's owner gets those of a workspace under theirs (NUM-39)", async () => {
    const answer = await ask(owner, `, workspaceId: "${client.workspaceId}"`);
    expect(answer.errors).toEqual([]);
    const people = answer.data.auditEvents.nodes
      .map((one: { person: unknown }) => one.person)
      .filter(Boolean);
    expect(people).toContainEqual({
      personId: client.personId,
      name: "owner",
      email: "owner@lighthouse.example.com",
      erased: false,
    });
  });

  test("but of nobody whom that trail does not name", async () => {
    const { rows } = await admin.query(
      "insert into audit.subjects (workspace_id, person_id) values ($1, gen_random_uuid()) returning person_id",
      [client.workspaceId],
    );
    const id = await names(owner, client.workspaceId, [
      client.personId,
      rows[0].person_id,
      stranger.personId,
    ]);
    expect(await named(id)).toEqual([client.personId]);
  });

  test("the workspace under it gets none of the agency's, nor a stranger anybody's", async () => {
    for (const [who, where] of [
      [client, owner],
      [stranger, owner],
      [owner, stranger],
    ] as const)
      await expect(names(who, where.workspaceId, [where.personId])).rejects.toMatchObject({ code: "ZA006" });
    const id = await names(stranger, stranger.workspaceId, [owner.personId, client.personId]);
    expect(await named(id)).toEqual([]);
  });

  test("and not to who may not read the trail, or not its people", async () => {
    const user = await addMember(database, owner, "user");
    await expect(names(user, owner.workspaceId, [owner.personId])).rejects.toMatchObject({ code: "ZT001" });
    await expect(
      asMember(database, null, (c) =>
        c.query("select sealed.ask_names($1, $2, gen_random_uuid())", [owner.workspaceId, [owner.personId]]),
      ),
    ).rejects.toMatchObject({ code: "ZS001" });
    const answer = await ask(user);
    expect(answer.codes).toEqual(["PERMISSION_DENIED"]);
  });

  test("the opener sees the sealed names that waiting calls name, and no others", async () => {
    const opener = await database.pool("bulkhead_opener", { max: 1 }).connect();
    await expect(opener.query("select * from audit.subjects")).rejects.toMatchObject({ code: "42501" });
    opener.release();
  });
});
