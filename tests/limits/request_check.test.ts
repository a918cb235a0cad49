import { buildSchema, GraphQLError, parse, validate } from "postgraphile/graphql";
import { describe, expect, it } from "vitest";
import { refuseBatch } from "../../api/limits/batching.ts";
import { createRequestCheck } from "../../api/limits/cache.ts";
import { checkIntrospection } from "../../api/limits/introspection.ts";
import { LimitError } from "../../api/limits/limit_error.ts";
import { defaultLimits } from "../../api/limits/limits.ts";
import { withoutValues } from "../../api/limits/redact.ts";
import { hideSuggestions, withoutSuggestions } from "../../api/limits/suggestions.ts";
import { checkVariables } from "../../api/limits/variables.ts";
import { expectRefusal, makeSchema, randomDocument, seededRandom } from "./fixtures.ts";

const schema = makeSchema();
const page = "query($n: Int) { messages(first: $n) { totalCount } }";
const makeCheck = (options = {}) =>
  createRequestCheck({ limits: defaultLimits, introspection: false, cacheCharacters: 1_000_000, ...options });

describe("a repeated query", () => {
  it("is read once", () => {
    const check = makeCheck();
    const first = check({ source: page, variables: { n: 1 } }, schema);
    const second = check({ source: page, variables: { n: 2 } }, schema);
    expect([first.cached, second.cached]).toEqual([false, true]);
    expect(second.document).toBe(first.document);
    expect([first.cost, second.cost]).toEqual([2, 3]);
  });

  it("is still refused for the page size in its variables", () => {
    const check = makeCheck();
    check({ source: page, variables: { n: 1 } }, schema);
    expectRefusal("PAGE_TOO_LARGE", () => check({ source: page, variables: { n: 101 } }, schema));
  });

  it("is still refused for the depth of its variables", () => {
    const check = makeCheck();
    check({ source: page }, schema);
    const deep: unknown = JSON.parse(`${"[".repeat(10_000)}${"]".repeat(10_000)}`);
    expectRefusal("REQUEST_TOO_LARGE", () => check({ source: page, variables: { n: deep } }, schema));
  });

  it("is another one under another operation name", () => {
    const check = makeCheck();
    const source = "query A { me { id } } query B { messages(first: 9) { totalCount } }";
    expect(check({ source, operationName: "A" }, schema).cost).toBe(2);
    expect(check({ source, operationName: "B" }, schema).cost).toBe(10);
    expect(check({ source }, schema).cost).toBe(0);
    expect(check({ source, operationName: "B" }, schema).cached).toBe(true);
  });

  it("is worked out again for another schema", () => {
    const check = makeCheck();
    check({ source: "{ me { id } }" }, schema);
    const other = buildSchema("type Query { me: [Person] } type Person { id: ID }");
    expect(check({ source: "{ me { id } }" }, other)).toMatchObject({ cached: false, cost: 11 });
    expect(check({ source: "{ me { id } }" }, other)).toMatchObject({ cached: true, cost: 11 });
  });

  it("is forgotten when later ones need the room, the least recently used first", () => {
    const check = makeCheck({ cacheCharacters: 12 });
    const isCached = (source: string) => check({ source }, schema).cached;
    expect(["{me}#1", "{me}#2", "{me}#1", "{me}#3", "{me}#1"].map(isCached)).toEqual([
      false,
      false,
      true,
      false,
      true,
    ]);
    expect(isCached("{me}#2")).toBe(false);
    expect(isCached("{me}#longer than the whole cache")).toBe(false);
    expect(isCached("{me}#longer than the whole cache")).toBe(false);
    expect(isCached("{me}#2")).toBe(true);
  });

  it("is not remembered when it was refused", () => {
    const check = makeCheck({ limits: { ...defaultLimits, maxCost: 50 } });
    for (const cached of [false, false, true]) {
      if (cached) expect(check({ source: page, variables: { n: 1 } }, schema).cached).toBe(false);
      else expectRefusal("QUERY_TOO_COSTLY", () => check({ source: page, variables: { n: 90 } }, schema));
    }
  });
});

describe("introspection", () => {
  it.each([
    "{ __schema { queryType { name } } }",
    '{ a: __type(name: "Query") { name } }',
    "{ me { ...F } } fragment F on Person { ... { __schema { queryType { name } } } }",
    "{ me { id } } fragment Unused on Query { __schema { queryType { name } } }",
    "query A { me { id } } query B { __schema { queryType { name } } }",
  ])("is refused where it is off: %s", (source) => {
    expectRefusal("INTROSPECTION_DISABLED", () => checkIntrospection(parse(source), false));
    expect(() => checkIntrospection(parse(source), true)).not.toThrow();
    const operationName = source.startsWith("query A") ? "A" : undefined;
    const check = makeCheck();
    expectRefusal("INTROSPECTION_DISABLED", () => check({ source, operationName }, schema));
    expect(makeCheck({ introspection: true })({ source, operationName }, schema).document).toBeDefined();
  });

  it("does not include __typename", () => {
    expect(() => checkIntrospection(parse("{ __typename me { __typename } }"), false)).not.toThrow();
  });
});

describe("a batch", () => {
  it("is refused", () => {
    expectRefusal("BATCHING_DISABLED", () => refuseBatch([{ query: "{ me { id } }" }]));
    expectRefusal("BATCHING_DISABLED", () => refuseBatch([]));
    expect(() => refuseBatch({ query: "{ me { id } }" })).not.toThrow();
  });
});

describe("the variables", () => {
  const limits = { maxVariableDepth: 3, maxVariableValues: 5 };

  it("are limited in depth", () => {
    expect(() => checkVariables({ a: [[1]] }, limits)).not.toThrow();
    expectRefusal("REQUEST_TOO_LARGE", () => checkVariables({ a: [[[1]]] }, limits));
  });

  it("are limited in values", () => {
    expect(() => checkVariables({ a: [1, 2, 3], b: 1 }, limits)).not.toThrow();
    expectRefusal("REQUEST_TOO_LARGE", () => checkVariables({ a: [1, 2, 3], b: 1, c: 2 }, limits));
  });

  it("may be missing", () => {
    expect(() => checkVariables(undefined, limits)).not.toThrow();
    expect(() => checkVariables(null, limits)).not.toThrow();
  });
});

describe("an error message", () => {
  it.each([
    "{ mee { id } }",
    "{ me { inboxess { name } } }",
    "{ messages(frist: 1) { totalCount } }",
    "{ node(id: 1) { name } }",
    "{ me { ... on Persn { id } } }",
    "mutation { connect(input: { name: 1, pasword: null }) }",
  ])("suggests nothing: %s", (source) => {
    const errors = validate(schema, parse(source));
    // graphql-js does suggest, so there is something to remove.
    expect(errors.map((error) => error.message).join()).toContain("Did you mean");
    const hidden = hideSuggestions(errors);
    expect(hidden).toHaveLength(errors.length);
    for (const [index, error] of hidden.entries()) {
      expect(error.message).not.toContain("Did you mean");
      expect(errors[index]!.message.startsWith(error.message)).toBe(true);
      expect(error.locations).toEqual(errors[index]!.locations);
    }
  });

  it("without a suggestion stays the same error", () => {
    const error = new GraphQLError("field is required");
    expect(hideSuggestions([error])[0]).toBe(error);
    expect(withoutSuggestions("fine?")).toBe("fine?");
  });

  it.each([
    [
      'Variable "$a" got invalid value "hunter2"; Int cannot represent non-integer value: "hunter2"',
      'Variable "$a" got an invalid value',
    ],
    [
      'Variable "$a" got invalid value { p: "hunter2; x" } at "a.b"; Field "hunter2" is not defined by type "X".',
      'Variable "$a" got an invalid value',
    ],
    [
      'Variable "$a" got invalid value { p: "hunter2" }; Field "host" of required type "[String!]!" was not provided.',
      'Variable "$a" got an invalid value; Field "host" of required type "[String!]!" was not provided.',
    ],
    [
      'Variable "$a" of required type "Int!" was not provided.',
      'Variable "$a" of required type "Int!" was not provided.',
    ],
  ])("loses the value that it quotes: %s", (message, expected) => {
    expect(withoutValues(message)).toBe(expected);
  });
});

describe("any input", () => {
  it("is accepted or refused with a code, for 2,000 random ones", () => {
    const random = seededRandom(7);
    const check = makeCheck({ limits: { ...defaultLimits, maxFields: 20, maxDepth: 4, maxAliases: 3 } });
    const alphabet = '{}[]()!$:@#"\\.,|&=\n…äa1-'.split("");
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
    const seen = new Set<string>();
    for (let run = 0; run < 2_000; run += 1) {
      let source = run % 4 === 0 ? "" : randomDocument(random);
      // Half of the documents are torn at random places.
      const edits = run % 4 === 0 ? 40 : run % 2 === 0 ? 0 : 1 + Math.floor(random() * 4);
      for (let edit = 0; edit < edits; edit += 1) {
        const at = Math.floor(random() * (source.length + 1));
        source = source.slice(0, at) + pick(alphabet) + source.slice(at + Math.floor(random() * 3));
      }
      const variables: Record<string, unknown> = { n: pick([1, 200, null, "x", [[1]], {}]) };
      try {
        check({ source, operationName: pick(["Q", null, "__proto__"]), variables }, schema);
        seen.add("accepted");
      } catch (error) {
        if (!(error instanceof LimitError)) throw error;
        seen.add(error.code);
      }
    }
    expect([...seen]).toEqual(
      expect.arrayContaining(["accepted", "QUERY_SYNTAX", "QUERY_TOO_MANY_FIELDS", "PAGE_TOO_LARGE"]),
    );
  });
});
