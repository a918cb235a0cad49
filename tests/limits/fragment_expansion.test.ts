import type { DocumentNode, SelectionSetNode } from "postgraphile/graphql";
import { Kind, parse } from "postgraphile/graphql";
import { describe, expect, it } from "vitest";
import { checkDocument } from "../../api/limits/check_document.ts";
import { compileCost, evaluateCost, findOperation } from "../../api/limits/cost.ts";
import { defaultLimits } from "../../api/limits/limits.ts";
import { measureDocument } from "../../api/limits/measure_document.ts";
import { doublingQuery, expectRefusal, makeSchema, randomDocument, seededRandom } from "./fixtures.ts";

/** The same counts by really expanding. */
function expand(document: DocumentNode) {
  const fragments = new Map<string, SelectionSetNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION)
      fragments.set(definition.name.value, definition.selectionSet);
  }
  const counts = { fields: 0, selections: 0, aliases: 0, depth: 0, width: 0, breadth: 0, directives: 0 };
  /** Returns the fields of the set, spreads flattened into it. */
  const walk = (set: SelectionSetNode, level: number): number => {
    let width = 0;
    for (const selection of set.selections) {
      counts.selections += 1;
      counts.directives = Math.max(counts.directives, selection.directives?.length ?? 0);
      if (selection.kind === Kind.FIELD) {
        width += 1;
        counts.fields += 1;
        counts.depth = Math.max(counts.depth, level);
        if (selection.alias) counts.aliases += 1;
        if (selection.selectionSet) {
          const below = walk(selection.selectionSet, level + 1);
          counts.breadth = Math.max(counts.breadth, below);
        }
      } else {
        const below =
          selection.kind === Kind.INLINE_FRAGMENT
            ? selection.selectionSet
            : fragments.get(selection.name.value);
        if (below) width += walk(below, level);
      }
    }
    return width;
  };
  const operation = document.definitions[0];
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error("the first definition is the operation");
  counts.width = walk(operation.selectionSet, 1);
  counts.breadth = Math.max(counts.breadth, counts.width);
  return counts;
}

describe("the expansion of fragments", () => {
  it("is refused when fragments each spread the next one twice", () => {
    const source = doublingQuery(20);
    expect(source.length).toBeLessThan(1_100);
    const error = expectRefusal("QUERY_TOO_MANY_FIELDS", () => checkDocument(source, defaultLimits));
    expect(error.details.actual).toBe(2 ** 9);
  });

  it("is counted exactly, visiting each selection of the text once", () => {
    const { definitions, visited } = measureDocument(parse(doublingQuery(20)));
    expect(definitions.at(-1)?.measures.fields).toBe(2 ** 20 + 1);
    // `me`, its spread, two spreads in each of 20 fragments, and the last fragment's field.
    expect(visited).toBe(2 + 2 * 20 + 1);
  });

  it("stops counting at the largest exact number instead of overflowing", () => {
    const { definitions, visited } = measureDocument(parse(doublingQuery(2_000)));
    expect(definitions.at(-1)?.measures.fields).toBe(Number.MAX_SAFE_INTEGER);
    expect(visited).toBe(2 + 2 * 2_000 + 1);
  });

  it("costs one sum per selection set, whatever it expands to", () => {
    const document = parse(doublingQuery(20));
    const cost = compileCost(makeSchema(), document, findOperation(document)!, defaultLimits);
    expect(cost.sums).toHaveLength(23);
    expect(evaluateCost(cost, {}, defaultLimits)).toBe(2 ** 20 + 1);
  });

  it.each([
    ["itself", "{ ...A } fragment A on T { ...A }"],
    ["itself through others", "{ ...A } fragment A on T { b { ...B } } fragment B on T { ... { ...A } }"],
    ["itself, though nothing uses it", "{ a } fragment A on T { a ...A }"],
    ["itself, shadowing a harmless one", "{ ...A } fragment A on T { a } fragment A on T { ...A }"],
  ])("is refused when a fragment spreads %s", (_what, source) => {
    expectRefusal("QUERY_FRAGMENT_CYCLE", () => checkDocument(source, defaultLimits));
  });

  it("is allowed where two fragments share a third", () => {
    const source = "{ ...A ...B } fragment A on T { ...C } fragment B on T { ...C } fragment C on T { c }";
    expect(checkDocument(source, defaultLimits).definitions).toHaveLength(4);
  });

  it("is counted as really expanding would, for 500 random documents", () => {
    const random = seededRandom(20_240_607);
    for (let run = 0; run < 500; run += 1) {
      const document = parse(randomDocument(random));
      const measured = measureDocument(document).definitions.find(
        ({ definition }) => definition === document.definitions[0],
      );
      expect(measured?.measures).toEqual(expand(document));
    }
  });
});
