import { getIntrospectionQuery, Kind } from "postgraphile/graphql";
import { describe, expect, it } from "vitest";
import { checkDocument } from "../../api/limits/check_document.ts";
import type { LimitCode } from "../../api/limits/limit_error.ts";
import type { Limits } from "../../api/limits/limits.ts";
import { defaultLimits } from "../../api/limits/limits.ts";
import { expectRefusal, refusal } from "./fixtures.ts";

const check = (source: string, limits: Partial<Limits> = {}) =>
  checkDocument(source, { ...defaultLimits, ...limits });

/** [what, limit, the largest that passes, the smallest that does not, code] */
const sides: [string, Partial<Limits>, string, string, LimitCode][] = [
  ["bytes", { maxBytes: 6 }, "{abcd}", "{abcde}", "REQUEST_TOO_LARGE"],
  ["bytes, not characters,", { maxBytes: 8 }, "{a} #äa", "{a} #äää", "REQUEST_TOO_LARGE"],
  ["tokens", { maxTokens: 4 }, "{ a b }", "{ a b c }", "QUERY_TOO_MANY_TOKENS"],
  ["open brackets", { maxNesting: 3 }, "{ a(x: [1]) }", "{ a(x: [[1]]) }", "QUERY_TOO_DEEP"],
  ["levels of fields", { maxDepth: 2 }, "{ a { b } }", "{ a { b { c } } }", "QUERY_TOO_DEEP"],
  [
    "levels through fragments",
    { maxDepth: 2 },
    "{ a { ...F } } fragment F on T { b }",
    "{ a { ... { ...F } } } fragment F on T { b { c } }",
    "QUERY_TOO_DEEP",
  ],
  ["fields", { maxFields: 3 }, "{ a { b c } }", "{ a { b c d } }", "QUERY_TOO_MANY_FIELDS"],
  [
    "fields through fragments",
    { maxFields: 4 },
    "{ a { ...F } b { ...F } } fragment F on T { c }",
    "{ a { ...F } b { ...F } c { ...F } } fragment F on T { c }",
    "QUERY_TOO_MANY_FIELDS",
  ],
  [
    "selections",
    { maxSelections: 3 },
    "{ ... { ... { a } } }",
    "{ ... { ... { ... { a } } } }",
    "QUERY_TOO_MANY_FIELDS",
  ],
  ["fields in a set", { maxBreadth: 2 }, "{ a { b c } }", "{ a { b ... { c d } } }", "QUERY_TOO_BROAD"],
  ["aliases", { maxAliases: 1 }, "{ a: b }", "{ a: b c { d: e } }", "QUERY_TOO_MANY_ALIASES"],
  [
    "aliases through fragments",
    { maxAliases: 1 },
    "{ ...F } fragment F on T { a: b }",
    "{ ...F c { ...F } } fragment F on T { a: b }",
    "QUERY_TOO_MANY_ALIASES",
  ],
  [
    "root fields",
    { maxRootFields: 2 },
    "{ a ...F } fragment F on Query { b { c d e } }",
    "{ a ...F } fragment F on Query { b c }",
    "QUERY_TOO_MANY_ROOT_FIELDS",
  ],
  ["mutations", { maxRootFields: 1 }, "mutation { a }", "mutation { a b }", "QUERY_TOO_MANY_ROOT_FIELDS"],
  [
    "subscriptions",
    { maxRootFields: 1 },
    "subscription { a }",
    "subscription { a b }",
    "QUERY_TOO_MANY_ROOT_FIELDS",
  ],
  [
    "directives on a field",
    { maxDirectives: 1 },
    "{ a @x b @x }",
    "{ a @x @x }",
    "QUERY_TOO_MANY_DIRECTIVES",
  ],
  [
    "directives on a spread",
    { maxDirectives: 1 },
    "{ ... @x { a } }",
    "{ ... @x @x { a } }",
    "QUERY_TOO_MANY_DIRECTIVES",
  ],
  [
    "directives on an operation",
    { maxDirectives: 1 },
    "query @x { a }",
    "query @x @x { a }",
    "QUERY_TOO_MANY_DIRECTIVES",
  ],
];

describe("the size of a document", () => {
  it.each(sides)("is limited in %s", (_what, limits, passes, refused, code) => {
    expect(check(passes, limits).kind).toBe(Kind.DOCUMENT);
    const error = expectRefusal(code, () => check(refused, limits));
    expect(error.details.actual).toBeGreaterThan(error.details.limit!);
    // Without the limit the same document is fine: the refusal is the limit's doing.
    expect(check(refused).kind).toBe(Kind.DOCUMENT);
  });

  it("counts the operation name into the bytes", () => {
    const limits = { ...defaultLimits, maxBytes: 10 };
    expect(checkDocument("{ a }", limits, "short").kind).toBe(Kind.DOCUMENT);
    expectRefusal("REQUEST_TOO_LARGE", () => checkDocument("{ a }", limits, "longer"));
  });

  it("is limited in every operation and fragment, also those that do not run", () => {
    expectRefusal("QUERY_TOO_MANY_FIELDS", () => check("query A { a } query B { a b c }", { maxFields: 2 }));
    expectRefusal("QUERY_TOO_MANY_FIELDS", () => check("{ a } fragment F on T { a b c }", { maxFields: 2 }));
    expectRefusal("QUERY_TOO_MANY_FIELDS", () =>
      check("{ a } fragment F on T { a b c } fragment F on T { a }", { maxFields: 2 }),
    );
  });

  it("leaves unknown and unused fragments to validation", () => {
    expect(check("{ a ...Nowhere } fragment Unused on T { b }").definitions).toHaveLength(2);
  });

  it("lets the standard introspection query through by default", () => {
    expect(check(getIntrospectionQuery()).kind).toBe(Kind.DOCUMENT);
  });

  it("answers with status 413 for bytes and 400 for the rest", () => {
    expect(refusal(() => check("{ a }", { maxBytes: 1 })).statusCode).toBe(413);
    expect(refusal(() => check("{ a b }", { maxFields: 1 })).statusCode).toBe(400);
  });

  it.each([
    ["lists", `{ a(x: ${"[".repeat(10_000)}${"]".repeat(10_000)}) }`],
    ["objects", `{ a(x: ${"{x:".repeat(10_000)}1${"}".repeat(10_000)}) }`],
    ["selection sets", `${"{a".repeat(10_000)}${"}".repeat(10_000)}`],
    ["list types", `query($a: ${"[".repeat(10_000)}Int${"]".repeat(10_000)}) { a }`],
  ])("refuses 10,000 nested %s without overflowing the stack", (_what, source) => {
    const roomy = { maxBytes: 1e6, maxTokens: 1e6 };
    expectRefusal("QUERY_TOO_DEEP", () => check(source, roomy));
    expectRefusal("QUERY_TOO_DEEP", () => check(source, { ...roomy, maxNesting: 1e6, maxDepth: 1e6 }));
  });

  it("walks a chain of 5,000 fragments without overflowing the stack", () => {
    const chain = Array.from({ length: 5_000 }, (_, n) => `fragment F${n} on T { ...F${n + 1} }`);
    const source = `{ ...F0 } ${chain.join(" ")} fragment F5000 on T { a }`;
    const roomy = { maxBytes: 1e6, maxTokens: 1e6 };
    expect(check(source, { ...roomy, maxSelections: 1e6 }).kind).toBe(Kind.DOCUMENT);
    expectRefusal("QUERY_TOO_MANY_FIELDS", () => check(source, roomy));
  });
});

describe("a syntax error", () => {
  it("names its place and what was expected", () => {
    const error = expectRefusal("QUERY_SYNTAX", () => check("{ a\n  b( }"));
    expect(error.message).toBe('the query does not parse at line 2, column 6: expected Name, found "}"');
    expect(error.details).toEqual({ line: 2, column: 6 });
  });

  it.each([
    '{ login(password: "hunter2" "hunter2") }',
    "{ login(password: hunter2 hunter2",
    '{ login(password "hunter2") }',
    '{ login hunter2: "',
    '"hunter2"',
    "{ a } hunter2",
    '{ a(b: "\\uhunter2") }',
    "{ a(b: 'hunter2') }",
    '{ a(b: """hunter2) }',
  ])("never quotes the query: %s", (source) => {
    expect(expectRefusal("QUERY_SYNTAX", () => check(source)).message).not.toContain("hunter2");
  });
});
