import { randomBytes } from "node:crypto";
import { GraphQLError } from "postgraphile/graphql";
import { withoutValues } from "../limits/redact.ts";
import { withoutSuggestions } from "../limits/suggestions.ts";
import { SealedCallError } from "../sealed/types.ts";
import { describe, isDatabaseError } from "./describe.ts";
import { findDatabaseError } from "./registry.ts";
import { RequestError } from "./request_error.ts";

export interface MaskOptions {
  /** Receives one line for each error that was not let through. Holds no parameter of a statement and no row. */
  readonly log: (line: string) => void;
  /** Whether messages may name what the caller did not know. */
  readonly suggestions: boolean;
}

/**
 * Makes the function through which every error of an execution passes: registered ones keep their code, message and
 * hint, all others become `INTERNAL` with a random reference that the log repeats.
 */
export function createMaskError(options: MaskOptions): (error: GraphQLError) => GraphQLError {
  return (error) => {
    const original = error.originalError;
    if (original instanceof SealedCallError) return replace(error, original.message, { code: original.code });
    if (original instanceof RequestError)
      return replace(error, original.message, { ...original.extensions, code: original.code });
    if (isDatabaseError(original)) {
      const known = findDatabaseError(original);
      if (known) {
        return replace(error, known.message, {
          code: known.code,
          ...(known.hint ? { hint: known.hint } : {}),
        });
      }
    } else if (original === undefined || original instanceof GraphQLError) {
      // graphql-js itself: a variable that does not fit, a null where none may be. Its own text, made harmless.
      const message = withoutValues(options.suggestions ? error.message : withoutSuggestions(error.message));
      const code = (original as GraphQLError | undefined)?.extensions?.code ?? error.extensions?.code;
      return replace(error, message, { code: typeof code === "string" ? code : "GRAPHQL_INVALID" });
    }
    const reference = randomBytes(6).toString("hex");
    options.log(`error ${reference}: ${describe(original)} at ${error.path?.join(".") ?? "the request"}`);
    return replace(error, "something failed on our side", { code: "INTERNAL", reference });
  };
}

function replace(error: GraphQLError, message: string, extensions: Record<string, unknown>): GraphQLError {
  const { nodes, source, positions, path } = error;
  return new GraphQLError(message, { nodes, source, positions, path, extensions });
}
