import { beforeAll, describe, expect, it } from "vitest";
import { startTestApi } from "../helpers/api.ts";
import type { TestApi } from "../helpers/api.ts";
import { createDatabase } from "../helpers/database.ts";
import type { TestDatabase } from "../helpers/database.ts";
import { asMember, createWorkspace } from "../helpers/people.ts";
import type { SignedIn } from "../helpers/people.ts";
import { recordStatements, seedMessages, worthwhile } from "./support.ts";

let database: TestDatabase;
let api: TestApi;
let owner: SignedIn;

beforeAll(async () => {
  database = await createDatabase();
  api = await startTestApi(database);
  owner = await createWorkspace(database, "Alpha");
  await seedMessages(database, owner, 120, 40);
  const other = await createWorkspace(database, "Beta");
  await seedMessages(database, other, 2_000, 40);
  await database.pool("postgres").query("analyze");
});

const ask = (query: string, variables?: object) => api.ask(owner.accessToken, query, variables);

describe("a page", () => {
  it("has 50 rows when the request names no size, and the database reads no more", async () => {
    for (const [query, variables] of [
      ["{ messages { nodes { rowId } } }", {}],
      ["{ messages(first: null) { nodes { rowId } } }", {}],
      ["query($n: Int) { messages(first: $n) { nodes { rowId } } }", {}],
      ["query($n: Int) { messages(first: $n) { nodes { rowId } } }", { n: null }],
    ] as const) {
      let rows: unknown[] = [];
      const sent = await recordStatements(async () => {
        const { data, errors } = await ask(query, variables);
        expect(errors).toEqual([]);
        rows = data.messages.nodes;
      });
      expect(rows).toHaveLength(50);
      expect(worthwhile(sent).map(({ text }) => /limit 50\b/.test(text))).toEqual([true]);
    }
  });

  it("has as many rows as asked for, and at most 100", async () => {
    expect((await ask("{ messages(first: 100) { nodes { rowId } } }")).data.messages.nodes).toHaveLength(100);
    expect((await ask("{ messages(first: 0) { nodes { rowId } } }")).data.messages.nodes).toHaveLength(0);
    for (const first of [101, -1]) {
      const answer = await ask("query($n: Int) { messages(first: $n) { nodes { rowId } } }", { n: first });
      expect(answer).toMatchObject({ status: 400, codes: ["PAGE_TOO_LARGE"] });
    }
  });

  it("goes on where its cursor points, and tells when there is no more", async () => {
    const query =
      "query($after: Cursor) { messages(first: 50, after: $after, orderBy: [SORT_AT_DESC]) { nodes { rowId sortAt } totalCount pageInfo { hasNextPage endCursor } } }";
    const seen: { rowId: string; sortAt: string }[] = [];
    let after: string | null = null;
    do {
      const { data }: { data: any } = (await ask(query, { after })) as never;
      seen.push(...data.messages.nodes);
      expect(data.messages.totalCount).toBe(120);
      after = data.messages.pageInfo.hasNextPage ? data.messages.pageInfo.endCursor : null;
    } while (after);
    expect(new Set(seen.map(({ rowId }) => rowId)).size).toBe(120);
    expect(seen.map(({ sortAt }) => Date.parse(sortAt))).toEqual(
      seen.map(({ sortAt }) => Date.parse(sortAt)).sort((a, b) => b - a),
    );
  });

  it("is ordered and filtered by indexed columns only", async () => {
    for (const query of [
      "{ messages(orderBy: [SIZE_ASC]) { totalCount } }",
      "{ messages(condition: { size: 1 }) { totalCount } }",
      '{ messages(condition: { workspaceId: "x" }) { totalCount } }',
    ]) {
      expect(await ask(query), query).toMatchObject({ status: 400, codes: ["GRAPHQL_INVALID"] });
    }
  });
});

describe("the statements of a request", () => {
  const nested =
    "query($n: Int) { messages(first: $n, orderBy: [SORT_AT_DESC]) { nodes { rowId inbox { name } conversation { messageCount messages(first: 2) { nodes { rowId inbox { name } } } } attachments { nodes { size } } } } }";

  it("do not grow with the rows", async () => {
    const counts: number[] = [];
    for (const n of [1, 20]) {
      const sent = await recordStatements(async () => {
        expect((await ask(nested, { n })).errors).toEqual([]);
      });
      counts.push(worthwhile(sent).length);
    }
    expect(counts[0]).toBe(counts[1]);
    expect(counts[0]).toBeLessThanOrEqual(2);
  });

  it("look the session up once for each table, and find rows by their index", async () => {
    const sent = await recordStatements(() =>
      ask("{ messages(first: 20, orderBy: [SORT_AT_DESC]) { nodes { rowId } } }"),
    );
    const [statement] = worthwhile(sent);
    const plan = await asMember(database, owner.accessToken, async (client) => {
      const { rows } = await client.query(
        `explain (format json, analyze, costs off) ${statement!.text}`,
        statement!.values as unknown[],
      );
      return rows[0]["QUERY PLAN"][0].Plan as Plan;
    });
    const nodes = flatten(plan);
    const initPlans = nodes.filter((node) => node["Parent Relationship"] === "InitPlan");
    expect(initPlans).toHaveLength(1);
    expect(initPlans[0]!["Actual Loops"]).toBe(1);
    const scans = nodes.filter((node) => node["Relation Name"] === "messages");
    expect(scans.map((node) => node["Index Cond"])).toEqual([
      expect.stringContaining("workspace_id = (InitPlan"),
    ]);
    // Nothing of another tenant was even looked at.
    expect(nodes.map((node) => node["Rows Removed by Filter"] ?? 0)).toEqual(nodes.map(() => 0));
  });
});

interface Plan {
  readonly Plans?: readonly Plan[];
  readonly [property: string]: unknown;
}

function flatten(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(flatten)];
}
