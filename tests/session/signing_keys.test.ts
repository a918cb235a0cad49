import { beforeEach, expect, test } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { apiPool, asMember, createWorkspace, type SignedIn } from "../helpers/people.ts";
import { admin, authenticate, column, decode, refresh, refusal } from "./support.ts";

const database = await createDatabase();
let member: SignedIn;

beforeEach(async () => {
  member = await createWorkspace(database, `Harbour ${Math.random()}`);
});

const kidOf = (token: string): string => decode(token).header.kid;
const rotate = async () => (await column<string>(admin(database), "select session.rotate_signing_key()"))[0]!;
const retire = async (kid: string) =>
  (await column<boolean>(admin(database), "select session.retire_signing_key($1)", [kid]))[0]!;

test("after a rotation the new key signs, and what the old one signed still verifies", async () => {
  const before = kidOf(member.accessToken);
  const kid = await rotate();
  expect(kid).not.toBe(before);
  expect((await authenticate(database, member.accessToken)).reason).toBeNull();
  const { access_token: next } = await refresh(database, member.refreshToken);
  expect(kidOf(next!)).toBe(kid);
  expect((await authenticate(database, next)).reason).toBeNull();
});

test("a token that a retired key signed is refused, and its holder refreshes into a new one", async () => {
  const before = kidOf(member.accessToken);
  await rotate();
  expect(await retire(before)).toBe(true);
  expect((await authenticate(database, member.accessToken)).reason).toBe("SESSION_SIGNATURE_INVALID");
  const { reason, access_token: next } = await refresh(database, member.refreshToken);
  expect(reason).toBeNull();
  expect((await authenticate(database, next)).reason).toBeNull();
});

test("the key that signs is not retired, nor one that is retired already, nor one that does not exist", async () => {
  const current = kidOf(member.accessToken);
  expect(await retire(current)).toBe(false);
  await rotate();
  expect(await retire(current)).toBe(true);
  expect(await retire(current)).toBe(false);
  expect(await retire("hs-none")).toBe(false);
});

test("there is one current key, even when two rotate at once", async () => {
  await Promise.allSettled([rotate(), rotate()]);
  expect(
    await column(
      admin(database),
      "select count(*)::integer from session.signing_keys where superseded_at is null",
    ),
  ).toEqual([1]);
});

test("no login and no request role reads a key, rotates or retires one (OPP-26)", async () => {
  for (const sql of [
    "select inner_pad from session.signing_keys",
    "select count(*) from session.signing_keys",
    "select session.rotate_signing_key()",
    "select session.retire_signing_key('x')",
    "select session.mint('bulkhead_member', null, null, null, null, null, null, null, now())",
    "select session.hmac_sha256('', '', '')",
  ]) {
    expect(await refusal(apiPool(database).query(sql)), sql).toBe("42501");
    expect(await refusal(asMember(database, member.accessToken, (client) => client.query(sql))), sql).toBe(
      "42501",
    );
    for (const login of [
      "bulkhead_identity",
      "bulkhead_opener",
      "bulkhead_mail_sync",
      "bulkhead_janitor",
      "bulkhead_auditor",
    ] as const) {
      expect(await refusal(database.pool(login, { max: 1 }).query(sql)), `${login}: ${sql}`).toBe("42501");
    }
  }
});

test("without a current key nothing is signed, and the error says what to do", async () => {
  await admin(database).query(
    "update session.signing_keys set superseded_at = now() where superseded_at is null",
  );
  expect(
    await refusal(apiPool(database).query("select * from session.refresh($1)", [member.refreshToken])),
  ).toBe("ZS010");
  await rotate();
  expect((await refresh(database, member.refreshToken)).reason).toBeNull();
});

test("a signature that its key does not make is refused even for a registered token (DSK-01)", async () => {
  const kid = kidOf(member.accessToken);
  const spoil = (byte: number) =>
    admin(database).query(
      "update session.signing_keys set inner_pad = set_byte(inner_pad, 0, $2::integer) where kid = $1 returning inner_pad",
      [kid, byte],
    );
  const sql = "select get_byte(inner_pad, 0) from session.signing_keys where kid = $1";
  const [before] = await column<number>(admin(database), sql, [kid]);
  await spoil(before! ^ 1);
  expect((await authenticate(database, member.accessToken)).reason).toBe("SESSION_SIGNATURE_INVALID");
  await spoil(before!);
  expect((await authenticate(database, member.accessToken)).reason).toBeNull();
});
