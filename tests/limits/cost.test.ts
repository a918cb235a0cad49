import { getIntrospectionQuery, parse } from "postgraphile/graphql";
import { describe, expect, it } from "vitest";
import { checkCost, compileCost, findOperation } from "../../api/limits/cost.ts";
import { defaultLimits } from "../../api/limits/limits.ts";
import type { Limits } from "../../api/limits/limits.ts";
import { expectRefusal, makeSchema } from "./fixtures.ts";

const schema = makeSchema();

function cost(
  source: string,
  variables: Record<string, unknown> = {},
  limits: Partial<Limits> = {},
  operationName?: string,
) {
  const all = { ...defaultLimits, ...limits };
  const document = parse(source);
  return checkCost(
    compileCost(schema, document, findOperation(document, operationName)!, all),
    variables,
    all,
  );
}

describe("the cost of a query", () => {
  it.each([
    ["one for each field", "{ me { id name } }", 3],
    ["its page times what is below a connection", "{ messages(first: 7) { nodes { id } } }", 1 + 7 * 2],
    [
      "the page once for nodes and for edges",
      "{ messages(last: 7) { nodes { id } edges { node { id } } } }",
      1 + 7 * 5,
    ],
    [
      "pages within pages multiplied",
      "{ messages(first: 3) { nodes { replies(first: 5) { totalCount } } } }",
      1 + 3 * (1 + 1 + 5),
    ],
    ["the list factor for a plain list", "{ me { inboxes { name } } }", 2 + 10],
    ["nothing extra for a list of scalars", "{ me { tags } }", 2],
    ["its page for a list that takes one", "{ messagesList(first: 4) { id subject } }", 1 + 4 * 2],
    ["the default page without first or last", "{ messages { totalCount } }", 1 + 100],
    ["the default page for null", "{ messages(first: null) { totalCount } }", 1 + 100],
    ["the schema's default page", "{ capped { totalCount } }", 1 + 25],
    ["nothing below an empty page", "{ messages(first: 0) { nodes { id } } }", 1],
    ["the larger of first and last", "{ messages(first: 2, last: 9) { totalCount } }", 1 + 9],
    [
      "pages in fragments",
      "{ me { ...F } } fragment F on Person { messages(first: 3) { ...G } } fragment G on MessagesConnection { totalCount }",
      2 + 3,
    ],
    [
      "pages in inline fragments",
      '{ node(id: "1") { ... on Person { messages(first: 3) { totalCount } } ... { id } } }',
      3 + 3,
    ],
    ["one for a field that does not exist", "{ nowhere(first: 1000) { a b } }", 3],
    ["no page for a scalar's argument", "{ excerpt(first: 500) }", 1],
    ["no factor for introspection", "{ __schema { types { fields { name } } } }", 4],
  ])("is %s", (_what, source, expected) => {
    expect(cost(source)).toBe(expected);
  });

  it("is that of the named operation", () => {
    const source = "query A { me { id } } query B { messages(first: 9) { totalCount } }";
    expect(cost(source, {}, {}, "B")).toBe(10);
  });

  it("reads a page size from the variables, and from their defaults", () => {
    const source = "query($n: Int = 4) { messages(first: $n) { totalCount } }";
    expect(cost(source, { n: 9 })).toBe(1 + 9);
    expect(cost(source)).toBe(1 + 4);
    expect(cost(source, { n: null })).toBe(1 + 100);
  });

  it("is refused above the limit", () => {
    const source = "{ messages(first: 100) { nodes { replies(first: 100) { nodes { id } } } } }";
    const error = expectRefusal("QUERY_TOO_COSTLY", () => cost(source));
    expect(error.details).toEqual({ limit: 10_000, actual: 1 + 100 * (1 + 1 + 100 * 2) });
    expect(cost(source, {}, { maxCost: 30_000 })).toBe(20_201);
    expectRefusal("QUERY_TOO_COSTLY", () => cost(source.replace("first: 100", "first: $n"), { n: 100 }));
  });

  it("stops at the largest exact number for pages nested ten deep", () => {
    const source = `{ messages { nodes { ${"replies { nodes { ".repeat(10)} id ${"} }".repeat(10)} } } }`;
    const error = expectRefusal("QUERY_TOO_COSTLY", () => cost(source));
    expect(error.details.actual).toBe(Number.MAX_SAFE_INTEGER);
  });

  it("lets the standard introspection query through by default", () => {
    expect(cost(getIntrospectionQuery())).toBeLessThan(1_000);
  });
});

describe("a page", () => {
  const query = "query($n: Int, $o: Int) { messages(first: $n, offset: $o) { totalCount } }";

  it.each([
    ["first of 101", "{ messages(first: 101) { totalCount } }"],
    ["last of 101", "{ messages(last: 101) { totalCount } }"],
    ["first of -1", "{ messages(first: -1) { totalCount } }"],
    ["a huge first", `{ messages(first: ${"9".repeat(400)}) { totalCount } }`],
    ["a first that is a float", "{ messages(first: 1e9) { totalCount } }"],
    ["a first that is text", '{ messages(first: "1000") { totalCount } }'],
    ["a last beside a small first", "{ messages(first: 1, last: 101) { totalCount } }"],
    ["an offset of 10,001", "{ messages(first: 1, offset: 10001) { totalCount } }"],
    ["an offset below zero", "{ messages(first: 1, offset: -1) { totalCount } }"],
    ["a page without selections", "{ messages(first: 101) }"],
    ["a list's first", "{ messagesList(first: 101) { id } }"],
    ["a nested first", "{ me { ...F } } fragment F on Person { messages(first: 101) { totalCount } }"],
    ["a variable's default", "query($n: Int = 101) { messages(first: $n) { totalCount } }"],
  ])("is refused for %s", (_what, source) => {
    expectRefusal("PAGE_TOO_LARGE", () => cost(source));
  });

  it.each([101, -1, Number.MAX_VALUE, Infinity, "101", 1e9, 101n])("is refused for a variable of %s", (n) => {
    expectRefusal("PAGE_TOO_LARGE", () => cost(query, { n }));
  });

  it("is refused for a variable offset above its limit", () => {
    expect(cost(query, { n: 1, o: 10_000 })).toBe(2);
    expectRefusal("PAGE_TOO_LARGE", () => cost(query, { n: 1, o: 10_001 }));
  });

  it.each([true, "many", "", {}, [], [5], NaN, undefined])(
    "counts as the default for a variable of %j",
    (n) => {
      expect(cost(query, { n })).toBe(1 + 100);
    },
  );

  it("takes no page size from the prototype of the variables", () => {
    expect(cost("query($toString: Int) { messages(first: $toString) { totalCount } }", {})).toBe(1 + 100);
  });

  it("must name its size where the configuration says so", () => {
    const strict = { defaultPageSize: null };
    expect(cost("{ messages(first: 5) { totalCount } capped { totalCount } }", {}, strict)).toBe(
      1 + 5 + 1 + 25,
    );
    expectRefusal("PAGE_TOO_LARGE", () => cost("{ messages { totalCount } }", {}, strict));
    expectRefusal("PAGE_TOO_LARGE", () => cost("{ messages(first: null) { totalCount } }", {}, strict));
    expectRefusal("PAGE_TOO_LARGE", () => cost(query, {}, strict));
  });

  it("in a fragment that only another operation uses is that operation's", () => {
    const source =
      "query A { me { id } } query B { ...F } fragment F on Query { messages(first: 101) { totalCount } }";
    expect(cost(source, {}, {}, "A")).toBe(2);
    expectRefusal("PAGE_TOO_LARGE", () => cost(source, {}, {}, "B"));
  });
});
