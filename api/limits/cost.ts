import type {
  DocumentNode,
  FieldNode,
  GraphQLField,
  GraphQLNamedType,
  GraphQLSchema,
  OperationDefinitionNode,
  SelectionSetNode,
  ValueNode,
  VariableDefinitionNode,
} from "postgraphile/graphql";
import {
  getNamedType,
  getNullableType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
} from "postgraphile/graphql";
import { LimitError } from "./limit_error.ts";
import type { Limits } from "./limits.ts";
import { saturatingAdd, saturatingMultiply } from "./measure_document.ts";
import { orderFragments } from "./order_fragments.ts";
import type { Page } from "./page_size.ts";
import { isPaged, pageRows, readPage } from "./page_size.ts";

/** One field's children in a sum: their own sum, times a fixed factor or the rows of a page. */
interface Term {
  sum: number;
  factor: number | { page: number };
}

/** The cost of a selection set: its fields, plus its terms. Terms point at earlier sums only. */
interface Sum {
  fields: number;
  terms: Term[];
}

/**
 * The cost of one operation as sums over page sizes: everything that the document and the schema decide is worked out,
 * and what depends on the variables is left open. It is valid for the schema and document that it was compiled from.
 */
export interface Cost {
  readonly sums: readonly Sum[];
  readonly pages: readonly Page[];
}

/** The operation that a request runs, or `undefined` when the name fits none, or none is given and there are several. */
export function findOperation(
  document: DocumentNode,
  operationName?: string | null,
): OperationDefinitionNode | undefined {
  const operations = document.definitions.filter(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION,
  );
  if (operationName) return operations.find((operation) => operation.name?.value === operationName);
  return operations.length === 1 ? operations[0] : undefined;
}

/** A field of an object or interface type; `undefined` for unions, meta fields and fields that validation will refuse. */
export function fieldOf(
  parent: GraphQLNamedType | undefined,
  node: FieldNode,
): GraphQLField<unknown, unknown> | undefined {
  if (!isObjectType(parent) && !isInterfaceType(parent)) return undefined;
  const fields = parent.getFields();
  return Object.hasOwn(fields, node.name.value) ? fields[node.name.value] : undefined;
}

/**
 * Works out the cost of an operation. A field costs 1. A paged field multiplies what is below it by its page size, any
 * other list by `listFactor`, except the lists of a connection itself (`nodes`, `edges`), which the page counted.
 *
 * Each fragment becomes one sum, whatever the number of its spreads, because its type condition alone says how it is
 * typed. The lists of introspection are not multiplied: the schema bounds their answer.
 *
 * @param document - as returned by `checkDocument`
 */
export function compileCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  limits: Pick<Limits, "listFactor">,
): Cost {
  const definitions = new Map<string, VariableDefinitionNode>();
  for (const definition of operation.variableDefinitions ?? []) {
    definitions.set(definition.variable.name.value, definition);
  }
  const sums: Sum[] = [];
  const pages: Page[] = [];
  const fragments = new Map<string, number>();

  const factorOf = (field: GraphQLField<unknown, unknown>, node: FieldNode, parent: GraphQLNamedType) => {
    if (isPaged(field)) {
      const given = new Map<string, ValueNode>();
      for (const argument of node.arguments ?? []) given.set(argument.name.value, argument.value);
      pages.push(readPage(field, given, definitions));
      return { page: pages.length - 1 };
    }
    const counted = parent.name.endsWith("Connection") || parent.name.startsWith("__");
    return isListType(getNullableType(field.type)) && !counted ? limits.listFactor : 1;
  };

  const compile = (set: SelectionSetNode, parent: GraphQLNamedType | undefined): number => {
    const sum: Sum = { fields: 0, terms: [] };
    for (const selection of set.selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(selection.name.value);
        if (fragment !== undefined) sum.terms.push({ sum: fragment, factor: 1 });
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const type = selection.typeCondition ? schema.getType(selection.typeCondition.name.value) : parent;
        sum.terms.push({ sum: compile(selection.selectionSet, type), factor: 1 });
      } else {
        sum.fields += 1;
        const field = fieldOf(parent, selection);
        // Also without children: a page size is refused wherever it stands.
        const factor = field && parent ? factorOf(field, selection, parent) : 1;
        if (selection.selectionSet) {
          const below = compile(selection.selectionSet, field && getNamedType(field.type));
          sum.terms.push({ sum: below, factor });
        }
      }
    }
    sums.push(sum);
    return sums.length - 1;
  };

  // Only what the operation reaches: an unused fragment's variables belong to another operation.
  const used = reachable(document, operation);
  for (const fragment of orderFragments(document)) {
    const name = fragment.name.value;
    if (!used.has(name)) continue;
    fragments.set(name, compile(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value)));
  }
  compile(operation.selectionSet, schema.getRootType(operation.operation) ?? undefined);
  return { sums, pages };
}

/** The names of the fragments that an operation spreads, directly or through others. */
function reachable(document: DocumentNode, operation: OperationDefinitionNode): Set<string> {
  const sets = new Map<string, SelectionSetNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION)
      sets.set(definition.name.value, definition.selectionSet);
  }
  const names = new Set<string>();
  const pending: SelectionSetNode[] = [operation.selectionSet];
  for (let set = pending.pop(); set; set = pending.pop()) {
    for (const selection of set.selections) {
      if (selection.kind !== Kind.FRAGMENT_SPREAD) {
        if (selection.selectionSet) pending.push(selection.selectionSet);
      } else if (!names.has(selection.name.value)) {
        names.add(selection.name.value);
        const target = sets.get(selection.name.value);
        if (target) pending.push(target);
      }
    }
  }
  return names;
}

/**
 * The cost of one request: one pass over the compiled sums.
 *
 * @param variables - the request's, as sent
 * @returns fields resolved at most, stopping at 2^53 - 1
 * @throws LimitError PAGE_TOO_LARGE
 */
export function evaluateCost(
  cost: Cost,
  variables: Readonly<Record<string, unknown>>,
  limits: Limits,
): number {
  const rows = cost.pages.map((page) => pageRows(page, variables, limits));
  const values: number[] = [];
  for (const { fields, terms } of cost.sums) {
    let value = fields;
    for (const { sum, factor } of terms) {
      const times = typeof factor === "number" ? factor : rows[factor.page]!;
      value = saturatingAdd(value, saturatingMultiply(times, values[sum]!));
    }
    values.push(value);
  }
  return values.at(-1) ?? 0;
}

/**
 * Refuses a request whose page sizes or cost are above the limits.
 *
 * @returns the cost
 * @throws LimitError PAGE_TOO_LARGE, or QUERY_TOO_COSTLY with `details` `{ limit, actual }`
 */
export function checkCost(cost: Cost, variables: Readonly<Record<string, unknown>>, limits: Limits): number {
  const actual = evaluateCost(cost, variables, limits);
  if (actual > limits.maxCost) {
    throw new LimitError("QUERY_TOO_COSTLY", `the query costs more than ${limits.maxCost}`, {
      limit: limits.maxCost,
      actual,
    });
  }
  return actual;
}
