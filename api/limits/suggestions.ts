import { GraphQLError } from "postgraphile/graphql";

/**
 * A graphql-js message without its suggestions, which name fields and types that the caller did not know and so rebuild
 * a schema whose introspection is off.
 *
 * graphql-js puts them last, so everything from the first one on goes: a caller who plants the same words in a value
 * only loses more of the message.
 *
 * @example
 * withoutSuggestions('Cannot query field "nam" on type "Person". Did you mean "name"?');
 * // 'Cannot query field "nam" on type "Person".'
 */
export function withoutSuggestions(message: string): string {
  const start = message.indexOf("Did you mean ");
  return start === -1 ? message : message.slice(0, start).trimEnd();
}

/** The same errors, without suggestions in their messages. */
export function hideSuggestions(errors: readonly GraphQLError[]): GraphQLError[] {
  return errors.map((error) => {
    const message = withoutSuggestions(error.message);
    if (message === error.message) return error;
    const { nodes, source, positions, path, originalError, extensions } = error;
    return new GraphQLError(message, { nodes, source, positions, path, originalError, extensions });
  });
}
