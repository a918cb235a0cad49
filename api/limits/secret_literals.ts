import type {
  ConstDirectiveNode,
  DirectiveNode,
  DocumentNode,
  GraphQLArgument,
  GraphQLInputType,
  GraphQLNamedType,
  GraphQLSchema,
  SelectionSetNode,
  ValueNode,
} from "postgraphile/graphql";
import {
  getNamedType,
  getNullableType,
  isInputObjectType,
  isInputType,
  isListType,
  Kind,
  typeFromAST,
} from "postgraphile/graphql";
import { fieldOf } from "./cost.ts";
import { LimitError } from "./limit_error.ts";
import type { IsSealed } from "./secret_scalar.ts";
import { secretObjectField, bearsSecret } from "./secret_types.ts";

function refuse(): never {
  throw new LimitError("SECRET_MUST_BE_VARIABLE", "a secret must be a variable, not part of the query");
}

function checkValue(node: ValueNode, type: GraphQLInputType, isSealed: IsSealed): void {
  if (node.kind === Kind.VARIABLE || node.kind === Kind.NULL || !bearsSecret(type)) return;
  const bare = getNullableType(type);
  if (isListType(bare)) {
    const items = node.kind === Kind.LIST ? node.values : [node];
    for (const item of items) checkValue(item, bare.ofType, isSealed);
  } else if (isInputObjectType(bare)) {
    if (node.kind !== Kind.OBJECT) refuse();
    for (const field of node.fields) {
      checkValue(field.value, secretObjectField(bare, field.name.value).type, isSealed);
    }
  } else if (node.kind !== Kind.STRING || !isSealed(node.value)) refuse();
}

/**
 * Refuses a document that holds a secret in its text: as an argument of a field or directive, inside an input object,
 * or as a variable's default. A query's text is cached, logged and printed by graphql-js in its messages, so this runs
 * before validation. A literal that is sealed already may stay.
 *
 * Each definition is walked once, whether the operation uses it or not.
 *
 * @param document - as returned by `checkDocument`
 * @throws LimitError SECRET_MUST_BE_VARIABLE; SECRET_INVALID for unknown names beside a secret
 */
export function checkSecretLiterals(schema: GraphQLSchema, document: DocumentNode, isSealed: IsSealed): void {
  const checkArguments = (
    declared: readonly GraphQLArgument[],
    given: readonly { name: { value: string }; value: ValueNode }[] = [],
  ) => {
    for (const { name, value } of given) {
      const argument = declared.find((candidate) => candidate.name === name.value);
      if (argument) checkValue(value, argument.type, isSealed);
      // A mistyped argument beside a secret one may well be the secret.
      else if (value.kind !== Kind.VARIABLE && declared.some(({ type }) => bearsSecret(type))) refuse();
    }
  };
  const checkDirectives = (directives: readonly (DirectiveNode | ConstDirectiveNode)[] = []) => {
    for (const directive of directives) {
      checkArguments(schema.getDirective(directive.name.value)?.args ?? [], directive.arguments);
    }
  };
  const checkSet = (set: SelectionSetNode, parent: GraphQLNamedType | undefined): void => {
    for (const selection of set.selections) {
      checkDirectives(selection.directives);
      if (selection.kind === Kind.FIELD) {
        const field = fieldOf(parent, selection);
        if (field) checkArguments(field.args, selection.arguments);
        if (selection.selectionSet) checkSet(selection.selectionSet, field && getNamedType(field.type));
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition;
        checkSet(selection.selectionSet, condition ? schema.getType(condition.name.value) : parent);
      }
    }
  };
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      checkDirectives(definition.directives);
      checkSet(definition.selectionSet, schema.getType(definition.typeCondition.name.value));
    } else if (definition.kind === Kind.OPERATION_DEFINITION) {
      checkDirectives(definition.directives);
      for (const variable of definition.variableDefinitions ?? []) {
        checkDirectives(variable.directives);
        const type = typeFromAST(schema, variable.type);
        if (variable.defaultValue && isInputType(type)) checkValue(variable.defaultValue, type, isSealed);
      }
      checkSet(definition.selectionSet, schema.getRootType(definition.operation) ?? undefined);
    }
  }
}
