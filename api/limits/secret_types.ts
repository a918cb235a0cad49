import type { GraphQLInputField, GraphQLInputObjectType, GraphQLInputType } from "postgraphile/graphql";
import { getNamedType, isInputObjectType } from "postgraphile/graphql";
import { LimitError } from "./limit_error.ts";
import { secretTypeName } from "./secret_scalar.ts";

const known = new WeakMap<GraphQLInputObjectType, boolean>();

/**
 * Whether a value of an input type may hold a Secret: the scalar itself, or an input object with one at any depth.
 * Types may refer to themselves, so they are walked once each, in a loop.
 */
export function bearsSecret(type: GraphQLInputType): boolean {
  const root = getNamedType(type);
  if (!isInputObjectType(root)) return root.name === secretTypeName;
  const answer = known.get(root);
  if (answer !== undefined) return answer;
  const seen = new Set([root]);
  let found = false;
  for (const object of seen) {
    for (const field of Object.values(object.getFields())) {
      const named = getNamedType(field.type);
      if (named.name === secretTypeName) found = true;
      else if (isInputObjectType(named)) seen.add(named);
    }
  }
  known.set(root, found);
  return found;
}

/**
 * A field of a secret-bearing input object. A name that it does not have is refused here: a mistyped `secret` would
 * otherwise be quoted with its value by validation.
 *
 * @throws LimitError SECRET_INVALID
 */
export function secretObjectField(type: GraphQLInputObjectType, name: string): GraphQLInputField {
  const fields = type.getFields();
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (!field)
    throw new LimitError("SECRET_INVALID", `input type ${type.name} does not have a field of that name`);
  return field;
}
