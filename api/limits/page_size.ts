import type { GraphQLArgument, GraphQLField, ValueNode, VariableDefinitionNode } from "postgraphile/graphql";
import { getNamedType, getNullableType, isCompositeType, isListType, Kind } from "postgraphile/graphql";
import { LimitError } from "./limit_error.ts";
import type { Limits } from "./limits.ts";

/** Where a page argument's value comes from: the document, or a variable with what stands in when it is not given. */
export type PageValue = { value: unknown } | { variable: string; fallback: unknown };

/** The page arguments that a paged field was given; an absent one is `undefined`. */
export interface Page {
  first?: PageValue;
  last?: PageValue;
  offset?: PageValue;
}

const pageArguments = ["first", "last", "offset"] as const;

/** Whether a field answers with a page: a connection, or a list of objects, that takes `first` or `last`. */
export function isPaged(field: GraphQLField<unknown, unknown>): boolean {
  const named = getNamedType(field.type);
  const rows =
    named.name.endsWith("Connection") || (isListType(getNullableType(field.type)) && isCompositeType(named));
  return rows && field.args.some((argument) => argument.name === "first" || argument.name === "last");
}

function literal(node: ValueNode): unknown {
  switch (node.kind) {
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.STRING:
      return node.value;
    default:
      return undefined;
  }
}

/**
 * Reads a field's page arguments.
 *
 * @param definitions - the variables of the operation, for their defaults
 */
export function readPage(
  field: GraphQLField<unknown, unknown>,
  given: ReadonlyMap<string, ValueNode>,
  definitions: ReadonlyMap<string, VariableDefinitionNode>,
): Page {
  const page: Page = {};
  for (const name of pageArguments) {
    const argument: GraphQLArgument | undefined = field.args.find((candidate) => candidate.name === name);
    if (!argument) continue;
    const node = given.get(name);
    if (!node) {
      if (argument.defaultValue !== undefined) page[name] = { value: argument.defaultValue };
    } else if (node.kind === Kind.VARIABLE) {
      const declared = definitions.get(node.name.value)?.defaultValue;
      const fallback = declared ? literal(declared) : argument.defaultValue;
      page[name] = { variable: node.name.value, fallback };
    } else {
      page[name] = { value: literal(node) };
    }
  }
  return page;
}

/**
 * The number that a page argument stands for in one request, or `undefined` where it bounds nothing: absent, null, or
 * of a type that validation will refuse. Numeric text counts as its number, for scalars that would accept it.
 */
function resolve(
  value: PageValue | undefined,
  variables: Readonly<Record<string, unknown>>,
): number | undefined {
  if (!value) return undefined;
  let raw: unknown;
  if ("variable" in value) {
    const given = Object.hasOwn(variables, value.variable) ? variables[value.variable] : undefined;
    raw = given === undefined ? value.fallback : given;
  } else raw = value.value;
  if (typeof raw === "bigint") return Number(raw);
  const number = typeof raw === "string" && raw.trim() !== "" ? Number(raw) : raw;
  return typeof number === "number" && !Number.isNaN(number) ? number : undefined;
}

/**
 * The rows that a paged field may answer with. With both `first` and `last` the larger counts.
 *
 * @throws LimitError PAGE_TOO_LARGE for a size or offset below zero or above its limit, or when no size is named and
 *   `defaultPageSize` is null. `null` names no size: PostGraphile reads all rows for it.
 */
export function pageRows(page: Page, variables: Readonly<Record<string, unknown>>, limits: Limits): number {
  const within = (name: keyof Page, limit: number): number | undefined => {
    const actual = resolve(page[name], variables);
    if (actual !== undefined && (actual < 0 || actual > limit)) {
      throw new LimitError("PAGE_TOO_LARGE", `${name} must be between 0 and ${limit}`, { limit, actual });
    }
    return actual;
  };
  within("offset", limits.maxOffset);
  const first = within("first", limits.maxPageSize);
  const last = within("last", limits.maxPageSize);
  if (first !== undefined || last !== undefined) return Math.ceil(Math.max(first ?? 0, last ?? 0));
  if (limits.defaultPageSize === null) {
    throw new LimitError("PAGE_TOO_LARGE", `a page needs first or last, at most ${limits.maxPageSize}`, {
      limit: limits.maxPageSize,
    });
  }
  return limits.defaultPageSize;
}
