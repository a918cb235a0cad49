import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { verifyExport } from "../../audit/verify.ts";
import { localKek, parseKeyRing } from "../../worker/crypto/kek_local.ts";
import { openSubject, sealSubjects } from "../../worker/audit/subjects.ts";
import { createDatabase } from "../helpers/database.ts";
import { addMember, asMember, createWorkspace } from "../helpers/people.ts";
import { download, requestExport, runExport } from "./export_support.ts";
import { makeNotaryKey, seal, temporaryFile, withNotary } from "./support.ts";

const database = await createDatabase();
const admin = database.pool("postgres", { max: 2 });
const { key, publicKey } = await makeNotaryKey();
const kek = localKek(
  parseKeyRing(JSON.stringify({ current: "v1", keys: { v1: randomBytes(32).toString("base64url") } })),
);
const owner = await createWorkspace(database, "Harbour");
const person = await addMember(database, owner, "manager", "canary-person@example.com");

const exported = async () => {
  const { row, payload } = await requestExport(database, owner, "ndjson");
  await runExport(database, payload);
  return download(database, owner, row.id);
};
const round = async () => {
  await seal(database, key);
  while ((await withNotary(database, (client) => sealSubjects(client, kek))) > 0);
};

test("erasing a person destroys their key, redacts them, and leaves every hash true, in exports made before as well", async () => {
  await asMember(database, person.accessToken, async (client) => {
    await client.query(
      "select set_config('request.origin', audit.note_origin('192.0.2.99', 'CanaryBrowser')::text, true)",
    );
    await client.query("select tenancy.create_team('Docks')");
  });
  await round();
  const subjectOf = async () =>
    (await admin.query("select * from audit.subjects where person_id = $1", [person.personId])).rows[0];
  const { rows: origins } = await admin.query("select * from audit.origins where person_id = $1", [
    person.personId,
  ]);
  expect(origins).toHaveLength(1);
  expect(origins[0]).toMatchObject({ address: null, user_agent: null });
  const sealed = await subjectOf();
  expect(await openSubject(kek, sealed)).toEqual({
    email: "canary-person@example.com",
    name: "canary-person",
  });
  const before = await exported();

  await asMember(database, owner.accessToken, (c) =>
    c.query("select audit.erase_person($1)", [person.personId]),
  );
  await round();
  const erased = await subjectOf();
  expect(erased).toMatchObject({ sealed: null, kek: null, wrapped_key: null });
  expect(erased.erased_at).not.toBeNull();
  expect(
    (await admin.query("select from audit.origins where person_id = $1", [person.personId])).rowCount,
  ).toBe(0);
  // They may still be signed in: without their key an address would stay in clear.
  const noted = await asMember(database, person.accessToken, (c) =>
    c.query("select audit.note_origin('192.0.2.99', 'CanaryBrowser') as id"),
  );
  expect(noted.rows).toEqual([{ id: null }]);
  const seen = await asMember(database, owner.accessToken, (c) =>
    c.query("select erased_at from audit.subjects where person_id = $1", [person.personId]),
  );
  expect(seen.rows[0].erased_at).not.toBeNull();

  const after = await exported();
  for (const text of [before, after]) {
    expect(text).not.toMatch(/canary|192\.0\.2\.99/i);
    expect((await verifyExport(await temporaryFile("export.ndjson", text), publicKey)).fault).toBeNull();
  }
  expect(after).toContain('"subject.erased"');
});

test("a sealed name opens for no other person or workspace", async () => {
  const { rows } = await admin.query("select * from audit.subjects where person_id = $1", [owner.personId]);
  await expect(openSubject(kek, { ...rows[0], person_id: person.personId })).rejects.toMatchObject({
    code: "BINDING_MISMATCH",
  });
  await expect(openSubject(kek, { ...rows[0], workspace_id: person.personId })).rejects.toMatchObject({
    code: expect.any(String),
  });
});

test("is for whoever manages the log, in their own workspace", async () => {
  const other = await createWorkspace(database, "Lighthouse");
  const manager = await addMember(database, owner, "manager");
  await expect(
    asMember(database, manager.accessToken, (c) =>
      c.query("select audit.erase_person($1)", [owner.personId]),
    ),
  ).rejects.toMatchObject({ code: "ZT001" });
  await expect(
    asMember(database, other.accessToken, (c) => c.query("select audit.erase_person($1)", [owner.personId])),
  ).rejects.toMatchObject({ code: "ZA009" });
});
