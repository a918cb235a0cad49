import { GraphQLError, Kind } from "postgraphile/graphql";
import type { ValueNode } from "postgraphile/graphql";

/** The scalar's name in the schema. */
export const secretTypeName = "Secret";

/** Says whether a text is sealed already, so that it may travel on: a compact JWE to the worker's intake key. */
export type IsSealed = (text: string) => boolean;

/** The functions of the scalar `Secret`, as `extendSchema` takes them under `scalars`. */
export interface SecretScalar {
  name: typeof secretTypeName;
  description: string;
  serialize: (value: unknown) => never;
  parseValue: (value: unknown) => string;
  parseLiteral: (node: ValueNode) => string;
}

function refusal(message: string, code: string): GraphQLError {
  // A GraphQLError passes through validation as it is; any other error is wrapped in a message that quotes the literal.
  return new GraphQLError(message, { extensions: { code } });
}

/**
 * The scalar of a secret on its way in: a password, token or key. It is write-only, and takes only sealed text, so that
 * a request which was not sealed by `sealSecretVariables` fails here and no plaintext reaches a resolver.
 *
 * Its errors never hold the value. graphql-js prefixes the errors of variables with the value all the same, so pass
 * those through `withoutValues`.
 */
export function secretScalar(isSealed: IsSealed): SecretScalar {
  return {
    name: secretTypeName,
    description:
      "A password, token or key. It is encrypted to the worker as the request is read, and is never shown again. Give it as a variable: as plain text, or as a JWE that the client sealed.",
    serialize: () => {
      throw refusal("a secret cannot be read", "SECRET_WRITE_ONLY");
    },
    parseValue: (value) => {
      if (typeof value === "string" && isSealed(value)) return value;
      throw refusal("a secret was not sealed", "SECRET_INVALID");
    },
    parseLiteral: (node) => {
      if (node.kind === Kind.STRING && isSealed(node.value)) return node.value;
      throw refusal("a secret must be a variable", "SECRET_MUST_BE_VARIABLE");
    },
  };
}
