import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { addMember, apiPool, asMember, createWorkspace, signIn, type SignedIn } from "../helpers/people.ts";
import { admin, authenticate, column, connect, decode, refresh, refusal } from "./support.ts";

const database = await createDatabase();
let owner: SignedIn;
let member: SignedIn;

beforeAll(async () => {
  owner = await createWorkspace(database, "Harbour");
});
beforeEach(async () => {
  await setPolicy(43_200, 20_160, false);
  member = await addMember(database, owner, "user");
});

/** As an owner whose own sign-in is by SSO, so that a stricter policy does not lock the test out. */
const setPolicy = (maximumAgeMinutes: number, idleMinutes: number, sso: boolean) =>
  asMember(database, owner.accessToken, (client) =>
    client.query("select tenancy.set_session_policy($1, $2, $3)", [maximumAgeMinutes, idleMinutes, sso]),
  );
const signInOf = async (token: string) =>
  (await admin(database).query("select * from session.sign_ins where id = $1", [decode(token).payload.sid]))
    .rows[0];
const turnBack = (member_: SignedIn, columns: Record<string, string>) =>
  admin(database).query(
    `update session.sign_ins set ${Object.entries(columns)
      .map(([name, ago]) => `${name} = ${name} - interval '${ago}'`)
      .join(", ")} where membership_id = $1`,
    [member_.membershipId],
  );

describe("a refresh token", () => {
  test("is traded once for the next pair, and the family goes on (DSK-20, DSK-21)", async () => {
    let token = member.refreshToken;
    for (let round = 0; round < 3; round++) {
      const next = await refresh(database, token);
      expect(next.reason).toBeNull();
      expect((await authenticate(database, next.access_token)).workspace_id).toBe(owner.workspaceId);
      expect(next.next_refresh_token).not.toBe(token);
      token = next.next_refresh_token!;
    }
  });

  test("that was spent and comes back ends the whole family: copy and original are both signed out (OPP-45, HLP-22)", async () => {
    const next = await refresh(database, member.refreshToken);
    expect((await refresh(database, member.refreshToken)).reason).toBe("REFRESH_REUSED");
    expect((await authenticate(database, member.accessToken)).reason).toBe("SESSION_REVOKED");
    expect((await authenticate(database, next.access_token)).reason).toBe("SESSION_REVOKED");
    expect((await refresh(database, next.next_refresh_token!)).reason).toBe("REFRESH_UNKNOWN");
    expect(await signInOf(member.accessToken)).toMatchObject({ end_reason: "refresh_reused" });
  });

  test("reused ends one sign-in, not the person's other devices", async () => {
    const other = await signIn(database, member);
    await refresh(database, member.refreshToken);
    await refresh(database, member.refreshToken);
    expect((await authenticate(database, other.accessToken)).reason).toBeNull();
    expect((await refresh(database, other.refreshToken)).reason).toBeNull();
  });

  test("traded by two at once is good for one of them, and the other ends the family", async () => {
    const both = await Promise.all([
      refresh(database, member.refreshToken),
      refresh(database, member.refreshToken),
    ]);
    expect(both.map((one) => one.reason).sort()).toEqual(["REFRESH_REUSED", null].sort());
    const won = both.find((one) => one.reason === null)!;
    expect((await authenticate(database, won.access_token)).reason).toBe("SESSION_REVOKED");
  });

  test("presented while its first use is not committed yet waits for that, and then is a reuse", async () => {
    await using first = await connect(database.url("bulkhead_api"));
    const sql = "select * from session.refresh($1)";
    await first.query("begin");
    expect((await first.query(sql, [member.refreshToken])).rows[0].reason).toBeNull();
    const second = refresh(database, member.refreshToken);
    await vi.waitFor(async () => {
      const waiting = "select count(*)::integer from pg_locks where not granted";
      expect((await column<number>(admin(database), waiting))[0]).toBeGreaterThan(0);
    });
    await first.query("commit");
    expect((await second).reason).toBe("REFRESH_REUSED");
  });

  test("lives 30 days from the sign-in, however often it is rotated (DSK-20)", async () => {
    const first = await signInOf(member.accessToken);
    expect(first.expires_at.getTime() - first.created_at.getTime()).toBeCloseTo(30 * 86_400_000, -4);
    const next = await refresh(database, member.refreshToken);
    expect(next.expires_at!.getTime()).toBeLessThanOrEqual(first.expires_at.getTime());
    await turnBack(member, { created_at: "31 days", expires_at: "31 days" });
    expect((await refresh(database, next.next_refresh_token!)).reason).toBe("SESSION_EXPIRED");
    expect(await signInOf(member.accessToken)).toMatchObject({ end_reason: "expired" });
  });

  test("that is made up, empty or an access token is unknown", async () => {
    for (const token of ["bhr_" + "A".repeat(43), "", member.accessToken]) {
      expect((await refresh(database, token)).reason).toBe("REFRESH_UNKNOWN");
    }
    const { rows } = await apiPool(database).query("select * from session.refresh(null)");
    expect(rows[0].reason).toBe("REFRESH_UNKNOWN");
  });

  test("is stored as a hash only", async () => {
    const rows = await column<string>(
      admin(database),
      "select to_jsonb(r)::text from session.refresh_tokens r",
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row).not.toContain(member.refreshToken);
  });

  test("of a suspended member waits; after the reactivation the member signs in anew", async () => {
    const act = (name: string) =>
      asMember(database, owner.accessToken, (client) =>
        client.query(`select tenancy.${name}($1)`, [member.membershipId]),
      );
    await act("suspend_member");
    expect((await refresh(database, member.refreshToken)).reason).toBe("SESSION_SUSPENDED");
    await act("reactivate_member");
    expect((await refresh(database, member.refreshToken)).reason).toBe("REFRESH_UNKNOWN");
    expect((await authenticate(database, member.accessToken)).reason).toBe("SESSION_REVOKED");
  });

  test("of a removed member is gone", async () => {
    await asMember(database, owner.accessToken, (client) =>
      client.query("select tenancy.remove_member($1)", [member.membershipId]),
    );
    expect((await refresh(database, member.refreshToken)).reason).toBe("REFRESH_UNKNOWN");
  });

  test("brings the role of now into the next token's standing", async () => {
    await asMember(database, owner.accessToken, (client) =>
      client.query("select tenancy.change_member_role($1, 'viewer')", [member.membershipId]),
    );
    const { access_token: token } = await refresh(database, member.refreshToken);
    const sql = "select role_key from session.tokens where id = $1";
    expect(await column(admin(database), sql, [decode(token!).payload.jti])).toEqual(["viewer"]);
  });

  test("each use, good or refused, is in the audit log (DSK-77)", async () => {
    await refresh(database, member.refreshToken);
    await refresh(database, member.refreshToken);
    const sql =
      "select action from audit.events where sign_in_id = $1 and action like 'session.%' order by occurred_at";
    expect(await column(admin(database), sql, [decode(member.accessToken).payload.sid])).toEqual([
      "session.signed_in",
      "session.refreshed",
      "session.ended",
      "session.refresh_refused",
    ]);
  });
});

describe("signing out", () => {
  test("ends the sign-in with its tokens, here at once and at the provider by a job", async () => {
    const sql = "select session.sign_out($1)";
    expect(await column(apiPool(database), sql, [member.refreshToken])).toEqual([true]);
    expect((await authenticate(database, member.accessToken)).reason).toBe("SESSION_REVOKED");
    expect((await refresh(database, member.refreshToken)).reason).toBe("REFRESH_UNKNOWN");
    expect(await column(apiPool(database), sql, [member.refreshToken])).toEqual([false]);
    const { provider_session_id: provider } = await signInOf(member.accessToken);
    const jobs = "select payload->>'provider_session_id' from queue_identity._private_jobs";
    expect(await column(admin(database), jobs)).toContain(provider);
  });

  test("with a spent refresh token works too: whoever signs out late is signed out", async () => {
    await refresh(database, member.refreshToken);
    expect(await column(apiPool(database), "select session.sign_out($1)", [member.refreshToken])).toEqual([
      true,
    ]);
  });

  test("with an unknown token ends nothing", async () => {
    expect(await column(apiPool(database), "select session.sign_out('x')")).toEqual([false]);
    expect((await authenticate(database, member.accessToken)).reason).toBeNull();
  });
});

describe("a workspace's session policy (NUM-56)", () => {
  test("caps the age: a longer sign-in ends at its next refresh", async () => {
    await setPolicy(60, 20_160, false);
    const next = await refresh(database, member.refreshToken);
    expect(next.reason).toBeNull();
    const { created_at: createdAt } = await signInOf(member.accessToken);
    expect(next.expires_at!.getTime() - createdAt.getTime()).toBe(3_600_000);
    await turnBack(member, { created_at: "61 minutes" });
    expect((await refresh(database, next.next_refresh_token!)).reason).toBe("SESSION_EXPIRED");
  });

  test("holds from the first token of a new sign-in on: no access token outlives the session", async () => {
    await setPolicy(5, 20_160, false);
    const late = await addMember(database, owner, "user");
    const signedIn = await signInOf(late.accessToken);
    expect(signedIn.expires_at.getTime() - signedIn.created_at.getTime()).toBeCloseTo(300_000, -3);
    const { payload } = decode(late.accessToken);
    expect(payload.exp - payload.iat).toBeLessThanOrEqual(300);
  });

  test("ends an idle session: no access token lives longer, and no refresh comes later", async () => {
    await setPolicy(43_200, 2, false);
    const next = await refresh(database, member.refreshToken);
    const { payload } = decode(next.access_token!);
    expect(payload.exp - payload.iat).toBeLessThanOrEqual(120);
    await turnBack(member, { last_refreshed_at: "3 minutes" });
    expect((await refresh(database, next.next_refresh_token!)).reason).toBe("SESSION_IDLE");
    expect(await signInOf(member.accessToken)).toMatchObject({ end_reason: "idle" });
  });

  test("enforces SSO at the next refresh and at every new sign-in (NUM-55)", async () => {
    await setPolicy(43_200, 20_160, true);
    expect((await refresh(database, member.refreshToken)).reason).toBe("SSO_REQUIRED");
    expect((await authenticate(database, member.accessToken)).reason).toBe("SESSION_REVOKED");
    expect(await refusal(signIn(database, member))).toBe("ZS005");
    const bySso = await signIn(database, { ...member, method: "SSO" });
    expect((await refresh(database, bySso.refreshToken)).reason).toBeNull();
  });

  test("is each workspace's own", async () => {
    await setPolicy(5, 1, true);
    const elsewhere = await createWorkspace(database, `Lighthouse ${Math.random()}`);
    expect((await refresh(database, elsewhere.refreshToken)).reason).toBeNull();
  });
});
