import { beforeAll, describe, expect, it } from "vitest";
import { startTestApi } from "../helpers/api.ts";
import type { GraphqlAnswer, TestApi } from "../helpers/api.ts";
import { createDatabase } from "../helpers/database.ts";
import type { TestDatabase } from "../helpers/database.ts";
import { addMember, createWorkspace } from "../helpers/people.ts";
import type { SignedIn } from "../helpers/people.ts";
import { recordStatements, worthwhile } from "./support.ts";

let database: TestDatabase;
let api: TestApi;
let owner: SignedIn;

beforeAll(async () => {
  database = await createDatabase();
  api = await startTestApi(database);
  owner = await createWorkspace(database, "Alpha");
});

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

async function spoil(token: string, assignment: string): Promise<void> {
  const { rowCount } = await database
    .pool("postgres")
    .query(`update session.tokens set ${assignment} where token_hash = sha256(convert_to($1, 'UTF8'))`, [
      token,
    ]);
  expect(rowCount).toBe(1);
}

async function expectRefused(token: string, reason: string): Promise<void> {
  let answer!: GraphqlAnswer;
  const sent = await recordStatements(async () => {
    answer = await api.ask(token, "{ people { nodes { email } } }");
  });
  expect(answer).toMatchObject({ status: 401, codes: [reason], data: undefined });
  expect(answer.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
  expect(answer.text).not.toContain(token);
  // Nothing of the request ran.
  expect(worthwhile(sent)).toEqual([]);
}

/** Of a session that the process knows, the statement is sent along with the question, and the database does not run it. */
async function expectEnded(token: string, ending: string, revival: string, reason: string): Promise<void> {
  for (const query of [
    "{ people { nodes { email } } }",
    "{ __typename }",
    "{ nonsense }",
    `mutation { createTeam(input: { name: "${reason}" }) { team { name } } }`,
  ]) {
    expect((await api.ask(token, "{ people { totalCount } }")).status).toBe(200);
    await spoil(token, ending);
    const answer = await api.ask(token, query);
    expect(answer, query).toMatchObject({ status: 401, codes: [reason], data: undefined });
    expect(answer.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
    expect(answer.text).not.toContain(token);
    // The process has forgotten it, so nothing is sent any more.
    await expectRefused(token, reason);
    await spoil(token, revival);
  }
  const { rows } = await database
    .pool("postgres")
    .query("select from tenancy.teams where name = $1", [reason]);
  expect(rows).toEqual([]);
}

describe("a request with an access token", () => {
  it("is answered for the person whose it is", async () => {
    const answer = await api.ask(
      owner.accessToken,
      "{ currentPerson { rowId email } currentWorkspace { rowId } }",
    );
    expect(answer).toMatchObject({
      status: 200,
      errors: [],
      data: {
        currentPerson: { rowId: owner.personId, email: owner.email },
        currentWorkspace: { rowId: owner.workspaceId },
      },
    });
  });

  it("is refused when the token is forged", async () => {
    const [header, payload, signature] = owner.accessToken.split(".") as [string, string, string];
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as object;
    const other = encode({ ...claims, wid: "01890000-0000-7000-8000-000000000000" });
    await expectRefused(`${header}.${other}.${signature}`, "SESSION_SIGNATURE_INVALID");
  });

  it("is refused when the token is cut short", async () => {
    await expectRefused(owner.accessToken.slice(0, -1), "SESSION_SIGNATURE_INVALID");
    await expectRefused(owner.accessToken.split(".").slice(0, 2).join("."), "SESSION_MALFORMED");
    await expectRefused("nonsense", "SESSION_MALFORMED");
  });

  it("is refused when the token asks not to be verified", async () => {
    const payload = owner.accessToken.split(".")[1]!;
    await expectRefused(`${encode({ alg: "none", typ: "JWT" })}.${payload}.AA`, "SESSION_MALFORMED");
    await expectRefused(`${encode({ alg: "none", typ: "JWT" })}.${payload}.`, "SESSION_MALFORMED");
  });

  it("is refused when the token has expired", async () => {
    const { accessToken } = await addMember(database, owner, "user");
    await spoil(accessToken, "expires_at = now() - interval '1 second'");
    await expectRefused(accessToken, "SESSION_EXPIRED");
  });

  it("is refused as soon as the token is revoked", async () => {
    const { accessToken } = await addMember(database, owner, "admin");
    await expectEnded(accessToken, "revoked_at = now()", "revoked_at = null", "SESSION_REVOKED");
  });

  it("is refused as soon as the token it knows has expired", async () => {
    const { accessToken } = await addMember(database, owner, "admin");
    await expectEnded(
      accessToken,
      "expires_at = now() - interval '1 second'",
      "expires_at = now() + interval '1 hour'",
      "SESSION_EXPIRED",
    );
  });

  it("is refused as soon as the member is suspended", async () => {
    const member = await addMember(database, owner, "user");
    const suspended = await api.ask(
      owner.accessToken,
      "mutation($id: UUID!) { suspendMember(input: { membershipId: $id }) { membership { status } } }",
      { id: member.membershipId },
    );
    expect(suspended.data).toEqual({ suspendMember: { membership: { status: "suspended" } } });
    await expectRefused(member.accessToken, "SESSION_SUSPENDED");
  });

  it("is refused when the header is not Bearer and one token", async () => {
    for (const authorization of [
      "Basic abc",
      `Bearer ${owner.accessToken} x`,
      `Bearer ${owner.accessToken},x`,
      "Bearer",
      "",
    ]) {
      const answer = await api.send({ query: "{ __typename }" }, { headers: { authorization } });
      expect(answer).toMatchObject({ status: 401, codes: ["AUTHORIZATION_MALFORMED"] });
    }
  });

  it("does not accept a worker's ticket", async () => {
    const { accessToken } = await addMember(database, owner, "admin");
    const [ticket, member] = ["bulkhead_opener", "bulkhead_member"].map(
      (role) => `database_role = '${role}'`,
    );
    await expectEnded(accessToken, ticket!, member!, "SESSION_UNKNOWN");
  });
});

describe("a request without an access token", () => {
  it("is answered as far as it asks for nobody's data", async () => {
    expect(await api.ask(null, "{ __typename }")).toMatchObject({
      status: 200,
      data: { __typename: "Query" },
    });
  });

  it("is told to sign in when it asks for data", async () => {
    for (const query of [
      "{ people { nodes { email } } }",
      "{ roles { nodes { key } } }",
      "{ currentPerson { email } }",
      "{ auditEvents(first: 1) { nodes { action } } }",
      'mutation { createTeam(input: { name: "x" }) { team { name } } }',
    ]) {
      const answer = await api.ask(null, query);
      expect(answer, query).toMatchObject({ status: 401, codes: ["UNAUTHENTICATED"] });
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    }
  });

  it("may not send much", async () => {
    const answer = await api.ask(null, `{ __typename } # ${"x".repeat(70_000)}`);
    expect(answer).toMatchObject({ status: 413, codes: ["REQUEST_TOO_LARGE"] });
  });
});
