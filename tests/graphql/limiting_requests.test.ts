import { beforeAll, describe, expect, it } from "vitest";
import { startTestApi } from "../helpers/api.ts";
import type { TestApi } from "../helpers/api.ts";
import { createDatabase } from "../helpers/database.ts";
import { createWorkspace } from "../helpers/people.ts";
import type { SignedIn } from "../helpers/people.ts";
import { recordStatements, worthwhile } from "./support.ts";

let api: TestApi;
let owner: SignedIn;

beforeAll(async () => {
  const database = await createDatabase();
  api = await startTestApi(database);
  owner = await createWorkspace(database, "Alpha");
});

const ask = (query: string, variables?: object) => api.ask(owner.accessToken, query, variables);

describe("a request above a limit", () => {
  it.each([
    ["QUERY_TOO_MANY_ALIASES", `{ ${Array.from({ length: 31 }, (_, n) => `a${n}: __typename`).join(" ")} }`],
    ["QUERY_TOO_MANY_ROOT_FIELDS", `{ ${"currentPerson { rowId } ".repeat(21)} }`],
    [
      "QUERY_TOO_DEEP",
      `{ currentPerson ${"{ membership { person ".repeat(8)} { rowId } ${"} }".repeat(8)} }`,
    ],
    [
      "QUERY_TOO_COSTLY",
      "{ inboxes(first: 100) { nodes { conversations(first: 100) { nodes { messages(first: 100) { nodes { rowId } } } } } } }",
    ],
    ["PAGE_TOO_LARGE", "{ messages(first: 101) { totalCount } }"],
    ["PAGE_TOO_LARGE", "{ messages(offset: 10001) { totalCount } }"],
    ["QUERY_SYNTAX", "{ messages "],
    ["QUERY_FRAGMENT_CYCLE", "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"],
  ])("is refused with %s before anything is planned", async (code, query) => {
    const sent = await recordStatements(async () => {
      expect(await ask(query)).toMatchObject({ status: 400, codes: [code], data: undefined });
    });
    expect(worthwhile(sent)).toEqual([]);
  });

  it("is refused for a query beyond 32 KB", async () => {
    expect(await ask(`{ __typename } # ${"x".repeat(33_000)}`)).toMatchObject({
      status: 413,
      codes: ["REQUEST_TOO_LARGE"],
    });
  });

  it("is refused when its fragments double 20 times over, without the others waiting", async () => {
    const levels = Array.from(
      { length: 20 },
      (_, n) => `fragment F${n} on Person { ...F${n + 1} ...F${n + 1} }`,
    );
    const query = `{ currentPerson { ...F0 } } ${levels.join(" ")} fragment F20 on Person { rowId }`;
    expect(query.length).toBeLessThan(1_300);
    const before = process.cpuUsage();
    const answers = await Promise.all([ask(query), ask("{ __typename }"), ask(query)]);
    const { user } = process.cpuUsage(before);
    expect(answers.map(({ status }) => status)).toEqual([400, 200, 400]);
    expect(answers[0].codes).toEqual(["QUERY_TOO_MANY_FIELDS"]);
    // Expanding it takes seconds of this process. Not a matter of the clock on the wall.
    expect(user / 1_000).toBeLessThan(1_000);
  });

  it("is told how far off it was", async () => {
    expect((await ask("{ messages(first: 500) { totalCount } }")).errors[0]!.extensions).toEqual({
      code: "PAGE_TOO_LARGE",
      details: { limit: 100, actual: 500 },
    });
  });
});

describe("a request within the limits", () => {
  it("counts an unpaged connection as the 50 rows that it reads", async () => {
    expect((await ask("{ inboxes { nodes { conversations { nodes { rowId } } } } }")).status).toBe(200);
    expect(
      (await ask("{ inboxes(first: null) { nodes { conversations(first: null) { nodes { rowId } } } } }"))
        .status,
    ).toBe(200);
    const larger = "{ inboxes(first: 100) { nodes { conversations(first: 100) { nodes { rowId } } } } }";
    expect((await ask(larger)).codes).toEqual(["QUERY_TOO_COSTLY"]);
  });

  it("may be the introspection of a development tool", async () => {
    const { getIntrospectionQuery } = await import("postgraphile/graphql");
    const answer = await ask(getIntrospectionQuery());
    expect(answer.errors).toEqual([]);
    expect(answer.data.__schema.queryType.name).toBe("Query");
  });
});
