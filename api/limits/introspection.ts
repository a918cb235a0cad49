import type { DocumentNode, SelectionSetNode } from "postgraphile/graphql";
import { Kind } from "postgraphile/graphql";
import { LimitError } from "./limit_error.ts";

/**
 * Whether any definition of a document selects `__schema` or `__type`, under an alias or in a fragment too.
 * `__typename` does not count: clients need it and it tells nothing that the answer does not.
 *
 * Fragments are definitions, so each selection is visited once and none is expanded.
 */
export function usesIntrospection(document: DocumentNode): boolean {
  const pending: SelectionSetNode[] = [];
  for (const definition of document.definitions) {
    if ("selectionSet" in definition) pending.push(definition.selectionSet);
  }
  for (let set = pending.pop(); set; set = pending.pop()) {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
      if (selection.kind === Kind.FIELD) {
        const name = selection.name.value;
        if (name === "__schema" || name === "__type") return true;
      }
      if (selection.selectionSet) pending.push(selection.selectionSet);
    }
  }
  return false;
}

/** @throws LimitError INTROSPECTION_DISABLED when the document introspects and may not */
export function checkIntrospection(document: DocumentNode, allowed: boolean): void {
  if (!allowed && usesIntrospection(document)) {
    throw new LimitError("INTROSPECTION_DISABLED", "the schema cannot be queried here");
  }
}
