import { createHmac, randomBytes } from "node:crypto";
import { jwtVerify } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { addMember, asMember, createWorkspace, type SignedIn } from "../helpers/people.ts";
import { admin, authenticate, column, decode, forge, signingSecret } from "./support.ts";

const database = await createDatabase();
let harbour: SignedIn;
let lighthouse: SignedIn;

beforeAll(async () => {
  harbour = await createWorkspace(database, "Harbour");
  lighthouse = await createWorkspace(database, "Lighthouse");
});

/** The workspaces that a token shows to an attacker with raw SQL. */
const seen = (token: string | null, role = "bulkhead_member") =>
  asMember(database, token, (client) => column<string>(client, "select id from tenancy.workspaces"), role);

const asOwner = (sql: string, values: unknown[]) =>
  asMember(database, harbour.accessToken, (client) => client.query(sql, values));

describe("a genuine token", () => {
  test("says who it is for, and shows that workspace only (OPP-27, DSK-02, DSK-19)", async () => {
    expect(await authenticate(database, harbour.accessToken)).toMatchObject({
      reason: null,
      workspace_id: harbour.workspaceId,
      person_id: harbour.personId,
      database_role: "bulkhead_member",
    });
    expect(await seen(harbour.accessToken)).toEqual([harbour.workspaceId]);
    expect(await seen(lighthouse.accessToken)).toEqual([lighthouse.workspaceId]);
  });

  test("is an HS256 JWT with the claims of RFC 7519 and lives 15 minutes (OPP-26, OPP-28, DSK-20)", async () => {
    const { header, payload } = decode(harbour.accessToken);
    expect(header).toEqual({
      alg: "HS256",
      typ: "JWT",
      kid: expect.stringMatching(/^hs-\d{14}-[0-9a-f]{8}$/),
    });
    const id = expect.stringMatching(/^[0-9a-f-]{36}$/);
    expect(payload).toEqual({
      iss: "bulkhead",
      aud: "bulkhead",
      sub: harbour.personId,
      wid: harbour.workspaceId,
      sid: id,
      jti: id,
      role: "bulkhead_member",
      iat: expect.any(Number),
      exp: payload.iat + 15 * 60,
    });
  });

  test("is signed as other implementations of HMAC and of JWT sign (OPP-26)", async () => {
    const { header, signed, signature } = decode(harbour.accessToken);
    const padded = await signingSecret(database, header.kid);
    const secret = padded.subarray(0, 32);
    expect(padded.subarray(32)).toEqual(Buffer.alloc(32));
    expect(createHmac("sha256", secret).update(signed).digest("base64url")).toBe(signature);
    const verified = await jwtVerify(harbour.accessToken, secret, {
      issuer: "bulkhead",
      audience: "bulkhead",
      algorithms: ["HS256"],
    });
    expect(verified.payload.sub).toBe(harbour.personId);
    const sql = "select outer_pad from session.signing_keys where kid = $1";
    const [outer] = await column<Buffer>(admin(database), sql, [header.kid]);
    expect(Buffer.from(outer!.map((byte) => byte ^ 0x5c))).toEqual(padded);
  });

  test("is stored as a hash only: the registry gives nobody a token", async () => {
    const rows = await column<string>(admin(database), "select to_jsonb(t)::text from session.tokens t");
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      expect(row).not.toContain(harbour.accessToken);
      expect(row).not.toContain(decode(harbour.accessToken).signature);
    }
  });

  test("rests on random bytes that do not repeat", async () => {
    const sql = "select session.random_bytes() from generate_series(1, 200)";
    const values = await column<Buffer>(admin(database), sql);
    expect(values.every((value) => value.length === 32)).toBe(true);
    expect(new Set(values.map((value) => value.toString("hex"))).size).toBe(200);
  });
});

describe("a token that was not minted here is refused with a reason and shows nothing (HLP-28, DSK-52)", () => {
  const claims = () => ({
    ...decode(harbour.accessToken).payload,
    exp: Math.floor(Date.now() / 1000) + 900,
  });
  const header = (change: object = {}) => ({ ...decode(harbour.accessToken).header, ...change });
  const parts = () => harbour.accessToken.split(".") as [string, string, string];
  const malformed = "SESSION_MALFORMED";
  const unsigned = "SESSION_SIGNATURE_INVALID";

  const cases: [title: string, reason: string, token: () => string | null][] = [
    ["no token", malformed, () => null],
    ["an empty one", malformed, () => ""],
    ["one part", malformed, () => "abc"],
    ["a token cut short", unsigned, () => harbour.accessToken.slice(0, -1)],
    ["a token without its signature", malformed, () => `${parts()[0]}.${parts()[1]}.`],
    ["a token with a line break after it", malformed, () => `${harbour.accessToken}\n`],
    ["a token with a fourth part", malformed, () => `${harbour.accessToken}.x`],
    ["a token too long", malformed, () => `${harbour.accessToken}${"x".repeat(5000)}`],
    ["algorithm none", malformed, () => `${forge(header({ alg: "none" }), claims(), null)}x`],
    ["algorithm none without a signature", malformed, () => forge(header({ alg: "none" }), claims(), null)],
    ["algorithm NONE in capitals", malformed, () => `${forge(header({ alg: "NONE" }), claims(), null)}x`],
    [
      "algorithm none before a genuine payload and signature",
      malformed,
      () => `${forge({ alg: "none" }, 0, null).split(".")[0]}.${parts()[1]}.${parts()[2]}`,
    ],
    ["another algorithm", malformed, () => forge(header({ alg: "HS512" }), claims(), "x")],
    ["an asymmetric algorithm", malformed, () => forge(header({ alg: "RS256" }), claims(), "x")],
    ["a header that is no object", malformed, () => forge(["HS256"], claims(), "x")],
    ["a header that is no JSON", malformed, () => `bm90anNvbg.${parts()[1]}.${parts()[2]}`],
    ["a header with a NUL", malformed, () => forge({ alg: "HS256", kid: "\0" }, claims(), "x")],
    [
      "a header of invalid UTF-8",
      malformed,
      () => `${Buffer.from([0xff, 0xfe, 0x41]).toString("base64url")}.${parts()[1]}.x`,
    ],
    ["a forged signature", unsigned, () => forge(header(), claims(), randomBytes(32))],
    ["an empty secret", unsigned, () => forge(header(), claims(), "")],
    ["an unknown key id", unsigned, () => forge(header({ kid: "hs-none" }), claims(), randomBytes(32))],
    ["no key id", unsigned, () => forge({ alg: "HS256" }, claims(), randomBytes(32))],
    ["a key id of SQL", unsigned, () => forge(header({ kid: "' or true --" }), claims(), "x")],
    [
      "another workspace's payload under this signature",
      unsigned,
      () => `${parts()[0]}.${lighthouse.accessToken.split(".")[1]}.${parts()[2]}`,
    ],
    [
      "a signature in other letters",
      unsigned,
      () => `${parts()[0]}.${parts()[1]}.${parts()[2].toUpperCase()}`,
    ],
    ["letters outside ASCII", unsigned, () => `${parts()[0]}.${parts()[1]}.éé`],
  ];
  test.each(cases)("%s: %s", async (_title, reason, token) => {
    expect(await authenticate(database, token())).toEqual({
      reason,
      workspace_id: null,
      person_id: null,
      sign_in_id: null,
      database_role: null,
      expires_at: null,
    });
    expect(await seen(token())).toEqual([]);
  });

  test("not even one signed with the real key: a leaked signing key alone mints nothing", async () => {
    const secret = await signingSecret(database, header().kid);
    const theirs = { ...claims(), wid: lighthouse.workspaceId, sub: lighthouse.personId };
    const token = forge(header(), theirs, secret);
    expect((await authenticate(database, token)).reason).toBe("SESSION_UNKNOWN");
    expect(await seen(token)).toEqual([]);
  });

  test("a token with any one character changed", async () => {
    const token = harbour.accessToken;
    for (let at = 0; at < token.length; at += 5) {
      const changed = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
      expect(await seen(changed), `position ${at}`).toEqual([]);
      expect((await authenticate(database, changed)).reason, `position ${at}`).not.toBeNull();
    }
  });
});

describe("a token that has ended is refused with a reason and shows nothing", () => {
  test("expired (OPP-28)", async () => {
    const member = await addMember(database, harbour, "user");
    await admin(database).query(
      "update session.tokens set expires_at = now() - interval '1 second' where membership_id = $1",
      [member.membershipId],
    );
    expect((await authenticate(database, member.accessToken)).reason).toBe("SESSION_EXPIRED");
    expect(await seen(member.accessToken)).toEqual([]);
  });

  test.each([
    ["revoked", "tenancy.end_member_sessions", "SESSION_REVOKED"],
    ["of a suspended member", "tenancy.suspend_member", "SESSION_SUSPENDED"],
    ["of a member who was removed", "tenancy.remove_member", "SESSION_REVOKED"],
  ])("%s", async (_title, action, reason) => {
    const member = await addMember(database, harbour, "user");
    expect(await seen(member.accessToken)).toEqual([harbour.workspaceId]);
    await asOwner(`select ${action}($1)`, [member.membershipId]);
    expect((await authenticate(database, member.accessToken)).reason).toBe(reason);
    expect(await seen(member.accessToken)).toEqual([]);
  });
});

describe("a token is good for the database role that it was registered for", () => {
  test.each(["bulkhead_agent", "bulkhead_recipient"])(
    "one of %s shows a member's role nothing, and a member's shows that role nothing",
    async (role) => {
      const member = await addMember(database, harbour, "user");
      const context = (as: string) =>
        asMember(
          database,
          member.accessToken,
          (client) => column(client, "select session.workspace_id()"),
          as,
        ).catch((error: { code: string }) => error.code);
      expect(await context("bulkhead_member")).toEqual([harbour.workspaceId]);
      // Nothing, or not even the question.
      expect([[null], "42501"]).toContainEqual(await context(role));
      await admin(database).query("update session.tokens set database_role = $1 where membership_id = $2", [
        role,
        member.membershipId,
      ]);
      expect(await context("bulkhead_member")).toEqual([null]);
      expect(await seen(member.accessToken)).toEqual([]);
    },
  );

  test("what its payload claims is not asked: the registry decides", async () => {
    const member = await addMember(database, harbour, "viewer");
    await admin(database).query(
      "update session.tokens set database_role = 'bulkhead_agent' where membership_id = $1",
      [member.membershipId],
    );
    expect(decode(member.accessToken).payload.role).toBe("bulkhead_member");
    expect(await authenticate(database, member.accessToken)).toMatchObject({
      database_role: "bulkhead_agent",
    });
  });
});

describe("session.hmac_sha256 agrees with RFC 4231", () => {
  const pads = "session.hmac_pad(decode($1, 'hex'), 54), session.hmac_pad(decode($1, 'hex'), 92)";
  const overText = `select encode(session.hmac_sha256(${pads}, convert_from(decode($2, 'hex'), 'UTF8')), 'hex')`;
  const hex = (text: string) => Buffer.from(text).toString("hex");

  test.each([
    [1, "0b".repeat(20), hex("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
    [
      2,
      hex("Jefe"),
      hex("what do ya want for nothing?"),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ],
  ])("case %i", async (_case, key, message, mac) => {
    expect(await column(admin(database), overText, [key, message])).toEqual([mac]);
  });

  // Their messages are no UTF-8 text, as a token always is: the same construction over bytes.
  test.each([
    [3, "aa".repeat(20), "dd".repeat(50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"],
    [
      4,
      "0102030405060708090a0b0c0d0e0f10111213141516171819",
      "cd".repeat(50),
      "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
    ],
  ])("case %i, by its pads", async (_case, key, message, mac) => {
    const overBytes = `select encode(sha256(session.hmac_pad(decode($1, 'hex'), 92)
      || sha256(session.hmac_pad(decode($1, 'hex'), 54) || decode($2, 'hex'))), 'hex')`;
    expect(await column(admin(database), overBytes, [key, message])).toEqual([mac]);
  });

  test("and with node:crypto on random keys and messages", async () => {
    for (let round = 0; round < 20; round++) {
      const key = randomBytes(round * 3 + 1);
      const message = randomBytes(round * 40).toString("base64");
      const expected = createHmac("sha256", key).update(message).digest("hex");
      expect(await column(admin(database), overText, [key.toString("hex"), hex(message)])).toEqual([
        expected,
      ]);
    }
  });

  test("a key longer than a block, which HMAC would hash first, is refused", async () => {
    await expect(column(admin(database), overText, ["aa".repeat(65), "00"])).rejects.toThrow();
  });
});

test("base64url goes both ways for every length", async () => {
  for (const length of [0, 1, 2, 3, 4, 31, 32, 33, 100]) {
    const bytes = randomBytes(length);
    const [text] = await column<string>(admin(database), "select session.base64url($1::bytea)", [bytes]);
    expect(text).toBe(bytes.toString("base64url"));
    const [back] = await column<Buffer>(admin(database), "select session.from_base64url($1)", [text]);
    expect(back).toEqual(bytes);
  }
});
