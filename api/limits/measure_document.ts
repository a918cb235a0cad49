import type { DefinitionNode, DocumentNode, SelectionSetNode } from "postgraphile/graphql";
import { Kind } from "postgraphile/graphql";
import { orderFragments } from "./order_fragments.ts";

/** Counts of one operation or fragment, every spread counted as what it stands for. They stop at 2^53 - 1. */
export interface Measures {
  fields: number;
  /** Fields, spreads and inline fragments. */
  selections: number;
  aliases: number;
  /** Levels of fields. */
  depth: number;
  /** Fields of the top selection set. */
  width: number;
  /** Fields of the widest selection set. */
  breadth: number;
  /** The most directives at one place. */
  directives: number;
}

/** The counts of a document, and how many AST selections were visited to find them: never more than it has. */
export interface DocumentMeasures {
  definitions: { definition: DefinitionNode; measures: Measures }[];
  visited: number;
}

/** Adds without ever reaching a number that is no longer exact or no longer finite. */
export function saturatingAdd(a: number, b: number): number {
  return Math.min(a + b, Number.MAX_SAFE_INTEGER);
}

/** Multiplies, stopping at 2^53 - 1. */
export function saturatingMultiply(a: number, b: number): number {
  return Math.min(a * b, Number.MAX_SAFE_INTEGER);
}

/**
 * Counts what each operation and fragment of a document expands to, without expanding it.
 *
 * All definitions are measured, not only the operation to run: validation walks them all.
 *
 * @param document - nested no deeper than `readTokens` lets through, since selection sets are walked recursively
 * @throws LimitError QUERY_FRAGMENT_CYCLE
 */
export function measureDocument(document: DocumentNode): DocumentMeasures {
  const fragments = new Map<string, Measures>();
  const result: DocumentMeasures = { definitions: [], visited: 0 };

  const measure = (set: SelectionSetNode, directives: number): Measures => {
    const sum = { fields: 0, selections: 0, aliases: 0, depth: 0, width: 0, breadth: 0, directives };
    for (const selection of set.selections) {
      result.visited += 1;
      sum.selections = saturatingAdd(sum.selections, 1);
      sum.directives = Math.max(sum.directives, selection.directives?.length ?? 0);
      let below: Measures | undefined;
      if (selection.kind === Kind.FIELD) {
        sum.fields = saturatingAdd(sum.fields, 1);
        sum.width = saturatingAdd(sum.width, 1);
        sum.depth = Math.max(sum.depth, 1);
        if (selection.alias) sum.aliases = saturatingAdd(sum.aliases, 1);
        below = selection.selectionSet && measure(selection.selectionSet, 0);
        if (below) sum.depth = Math.max(sum.depth, below.depth + 1);
      } else {
        below =
          selection.kind === Kind.FRAGMENT_SPREAD
            ? fragments.get(selection.name.value)
            : measure(selection.selectionSet, 0);
        if (below) {
          sum.width = saturatingAdd(sum.width, below.width);
          sum.depth = Math.max(sum.depth, below.depth);
        }
      }
      if (!below) continue;
      sum.fields = saturatingAdd(sum.fields, below.fields);
      sum.selections = saturatingAdd(sum.selections, below.selections);
      sum.aliases = saturatingAdd(sum.aliases, below.aliases);
      sum.breadth = Math.max(sum.breadth, below.breadth);
      sum.directives = Math.max(sum.directives, below.directives);
    }
    sum.breadth = Math.max(sum.breadth, sum.width);
    return sum;
  };

  const ordered = new Set<DefinitionNode>();
  for (const definition of orderFragments(document)) {
    const measures = measure(definition.selectionSet, definition.directives?.length ?? 0);
    fragments.set(definition.name.value, measures);
    ordered.add(definition);
    result.definitions.push({ definition, measures });
  }
  for (const definition of document.definitions) {
    if (ordered.has(definition) || !("selectionSet" in definition)) continue;
    const measures = measure(definition.selectionSet, definition.directives?.length ?? 0);
    result.definitions.push({ definition, measures });
  }
  return result;
}
