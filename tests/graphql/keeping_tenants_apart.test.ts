import { beforeAll, describe, expect, it } from "vitest";
import { startTestApi } from "../helpers/api.ts";
import type { TestApi } from "../helpers/api.ts";
import { createDatabase } from "../helpers/database.ts";
import type { TestDatabase } from "../helpers/database.ts";
import { createWorkspace } from "../helpers/people.ts";
import type { SignedIn } from "../helpers/people.ts";
import { seedMessages } from "./support.ts";

let database: TestDatabase;
let api: TestApi;
let alpha: SignedIn;
let beta: SignedIn;
let alphaMail: Awaited<ReturnType<typeof seedMessages>>;
let betaMail: Awaited<ReturnType<typeof seedMessages>>;

beforeAll(async () => {
  database = await createDatabase();
  api = await startTestApi(database, { config: { poolSize: 2, statementTimeout: 1_000 } });
  alpha = await createWorkspace(database, "Alpha");
  beta = await createWorkspace(database, "Beta");
  alphaMail = await seedMessages(database, alpha, 5);
  betaMail = await seedMessages(database, beta, 7);
});

async function nodeIds(who: SignedIn): Promise<string[]> {
  const { data } = await api.ask(
    who.accessToken,
    "{ messages { nodes { id } } inboxes { nodes { id } } conversations { nodes { id } } people { nodes { id } } memberships { nodes { id } } currentWorkspace { id } }",
  );
  return Object.values(data!).flatMap((value: any) =>
    (value.nodes ?? [value]).map(({ id }: { id: string }) => id),
  );
}

describe("another tenant's rows", () => {
  it("are nothing, by their global ids", async () => {
    const ids = await nodeIds(beta);
    expect(ids.length).toBeGreaterThan(12);
    for (const id of ids) {
      expect(
        (await api.ask(beta.accessToken, "query($id: ID!) { node(id: $id) { id } }", { id })).data,
      ).toEqual({ node: { id } });
      expect(
        await api.ask(alpha.accessToken, "query($id: ID!) { node(id: $id) { id } }", { id }),
      ).toMatchObject({
        status: 200,
        errors: [],
        data: { node: null },
      });
    }
  });

  it("are nothing, by a global id that names the own workspace", async () => {
    const id = Buffer.from(JSON.stringify(["Message", alpha.workspaceId, betaMail.messageIds[0]])).toString(
      "base64url",
    );
    expect(
      (await api.ask(alpha.accessToken, "query($id: ID!) { message(id: $id) { rowId } }", { id })).data,
    ).toEqual({ message: null });
  });

  it("are not reached by a cursor of the other tenant's page", async () => {
    const page =
      "query($after: Cursor) { messages(first: 3, after: $after, orderBy: [SORT_AT_DESC]) { nodes { rowId } totalCount pageInfo { endCursor } } }";
    const theirs = await api.ask(beta.accessToken, page);
    const mine = await api.ask(alpha.accessToken, page, { after: theirs.data.messages.pageInfo.endCursor });
    expect(mine.errors).toEqual([]);
    expect(mine.data.messages.totalCount).toBe(5);
    const own = new Set(alphaMail.messageIds);
    expect(mine.data.messages.nodes.every(({ rowId }: { rowId: string }) => own.has(rowId))).toBe(true);
  });

  it("are not found by a condition on their relations", async () => {
    const ids = await api.ask(beta.accessToken, "{ inboxes { nodes { id } } }");
    const { data } = await api.ask(
      alpha.accessToken,
      "query($inbox: ID) { messages(condition: { inbox: $inbox }) { totalCount nodes { rowId } } }",
      { inbox: ids.data.inboxes.nodes[0].id },
    );
    expect(data).toEqual({ messages: { totalCount: 0, nodes: [] } });
  });

  it("are not changed by a mutation that names them", async () => {
    const answer = await api.ask(
      alpha.accessToken,
      'mutation($id: UUID!) { changeMemberRole(input: { membershipId: $id, roleKey: "viewer" }) { membership { rowId } } }',
      { id: beta.membershipId },
    );
    expect(answer).toMatchObject({ codes: ["MEMBER_NOT_FOUND"], data: { changeMemberRole: null } });
    expect((await api.ask(beta.accessToken, "{ memberships { nodes { role { key } } } }")).data).toEqual({
      memberships: { nodes: [{ role: { key: "owner" } }] },
    });
  });
});

describe("200 alternating requests over two connections", () => {
  it("each see their own workspace, whatever fails in between", async () => {
    const query = "{ currentWorkspace { rowId } messages { totalCount nodes { rowId } } }";
    const failing = [
      // Refused by a function, by a constraint, by a right, by the types of Postgres, and by the token.
      (token: string) =>
        api.ask(
          token,
          'mutation { changeMemberRole(input: { membershipId: "01890000-0000-7000-8000-000000000000", roleKey: "viewer" }) { membership { rowId } } }',
        ),
      (token: string) => api.ask(token, 'mutation { createTeam(input: { name: "" }) { team { name } } }'),
      (token: string) => api.ask(token, 'query { messages(condition: { sortAt: "never" }) { totalCount } }'),
      () => api.ask(null, "{ messages { totalCount } }"),
      (token: string) => api.ask(token.slice(0, -2), "{ messages { totalCount } }"),
    ];
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        const [who, mail] = n % 2 === 0 ? [alpha, alphaMail] : [beta, betaMail];
        if (n % 7 === 3) {
          const answer = await failing[n % failing.length]!(who.accessToken);
          expect(answer.errors.length).toBe(1);
          expect(answer.codes[0]).not.toBe(undefined);
        }
        const { data, errors } = await api.ask(who.accessToken, query);
        expect(errors).toEqual([]);
        expect(data.currentWorkspace.rowId).toBe(who.workspaceId);
        expect(data.messages.totalCount).toBe(mail.messageIds.length);
        expect(new Set(data.messages.nodes.map(({ rowId }: { rowId: string }) => rowId))).toEqual(
          new Set(mail.messageIds),
        );
        return data;
      }),
    );
    expect(outcomes).toHaveLength(200);
    const { rows } = await database
      .pool("postgres")
      .query(
        "select count(*)::int as count from pg_stat_activity where datname = $1 and application_name = 'bulkhead api'",
        [database.name],
      );
    expect(rows[0].count).toBeLessThanOrEqual(2);
  });
});
