import type { DocumentNode, FragmentDefinitionNode, SelectionSetNode } from "postgraphile/graphql";
import { Kind } from "postgraphile/graphql";
import { LimitError } from "./limit_error.ts";

/** The names that a selection set spreads, itself or in the fields and inline fragments below it. */
function spreadNames(root: SelectionSetNode): string[] {
  const names: string[] = [];
  const pending = [root];
  for (let set = pending.pop(); set; set = pending.pop()) {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) names.push(selection.name.value);
      else if (selection.selectionSet) pending.push(selection.selectionSet);
    }
  }
  return names;
}

/**
 * The fragments of a document, each after all that it spreads, so that whoever sums over them finds every spread
 * already summed: one step per fragment instead of one per expansion, which doubles with each level that spreads the
 * next one twice. Of fragments with one name the last counts, as in graphql-js; spreads of unknown names are left to
 * validation.
 *
 * @throws LimitError QUERY_FRAGMENT_CYCLE, also for fragments that no operation uses
 */
export function orderFragments(document: DocumentNode): FragmentDefinitionNode[] {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const order: FragmentDefinitionNode[] = [];
  const state = new Map<string, "open" | "done">();
  for (const first of fragments.keys()) {
    if (state.has(first)) continue;
    // A stack of our own: a chain of fragments may be as long as the document allows.
    const stack: { name: string; pending: string[] }[] = [];
    const open = (name: string) => {
      state.set(name, "open");
      stack.push({ name, pending: spreadNames(fragments.get(name)!.selectionSet) });
    };
    open(first);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const next = top.pending.pop();
      if (next === undefined) {
        state.set(top.name, "done");
        order.push(fragments.get(top.name)!);
        stack.pop();
      } else if (state.get(next) === "open") {
        throw new LimitError("QUERY_FRAGMENT_CYCLE", "a fragment spreads itself", {
          fragments: stack.length,
        });
      } else if (fragments.has(next) && !state.has(next)) {
        open(next);
      }
    }
  }
  return order;
}
