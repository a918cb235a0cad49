import type { DocumentNode } from "postgraphile/graphql";
import { GraphQLError, Kind, parse } from "postgraphile/graphql";
import { LimitError, refuseAbove } from "./limit_error.ts";
import type { LimitCode } from "./limit_error.ts";
import type { Limits } from "./limits.ts";
import type { Measures } from "./measure_document.ts";
import { measureDocument } from "./measure_document.ts";
import { readTokens } from "./read_tokens.ts";

/** The parts of a syntax error that are grammar: graphql-js quotes what it found, which may be a secret. */
const expectation =
  /^Syntax Error: Expected ("[^\w"]{1,3}"|Name|"on"|<EOF>), found (\w+|<EOF>|"[^\w"]{1,3}")/;

function syntaxError(error: GraphQLError): LimitError {
  const place = error.locations?.[0] ?? { line: 1, column: 1 };
  const grammar = expectation.exec(error.message);
  const reason = grammar ? `: expected ${grammar[1]}, found ${grammar[2]}` : "";
  const message = `the query does not parse at line ${place.line}, column ${place.column}${reason}`;
  return new LimitError("QUERY_SYNTAX", message, { line: place.line, column: place.column });
}

/**
 * Parses a query and refuses it if it asks for more than the limits, before anything validates or plans it. The work
 * is proportional to the length of the text, whatever its fragments expand to.
 *
 * Every operation and fragment is held to the limits, also the ones that do not run, because validation walks them too.
 * What this leaves to validation: unknown names, unused fragments, types.
 *
 * @param operationName - counted into the request's bytes; it ends up in logs and cache keys
 * @returns the document, whose fragments have no cycles and whose nesting is safe to recurse into
 * @throws LimitError with one of the QUERY_ codes, or REQUEST_TOO_LARGE
 */
export function checkDocument(source: string, limits: Limits, operationName = ""): DocumentNode {
  // No UTF-8 text is shorter than its UTF-16 length, so the cheap comparison spares encoding a huge one.
  const bytes = source.length > limits.maxBytes ? source.length : Buffer.byteLength(source);
  const actual = bytes + Buffer.byteLength(operationName);
  if (actual > limits.maxBytes) {
    throw new LimitError("REQUEST_TOO_LARGE", `the query is longer than ${limits.maxBytes} bytes`, {
      limit: limits.maxBytes,
      actual,
    });
  }
  try {
    const lexer = readTokens(source, limits);
    const document = parse(lexer.source, { lexer, maxTokens: limits.maxTokens });
    checkMeasures(document, limits);
    return document;
  } catch (error) {
    if (error instanceof GraphQLError) throw syntaxError(error);
    // Only with limits far above the defaults, or little stack left.
    if (error instanceof RangeError)
      throw new LimitError("QUERY_TOO_DEEP", "the query nests too deep to be read");
    throw error;
  }
}

function checkMeasures(document: DocumentNode, limits: Limits): void {
  const all = measureDocument(document).definitions;
  // Limit by limit, not definition by definition: the order of the fragments does not decide which code is answered.
  const refuse = (code: LimitCode, what: string, count: keyof Measures, limit: number) => {
    for (const { measures } of all) refuseAbove(code, what, measures[count], limit);
  };
  refuse("QUERY_TOO_DEEP", "levels of fields", "depth", limits.maxDepth);
  refuse("QUERY_TOO_MANY_FIELDS", "fields", "fields", limits.maxFields);
  refuse("QUERY_TOO_MANY_FIELDS", "selections", "selections", limits.maxSelections);
  refuse("QUERY_TOO_MANY_ALIASES", "aliases", "aliases", limits.maxAliases);
  for (const { definition, measures } of all) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    refuseAbove("QUERY_TOO_MANY_ROOT_FIELDS", "root fields", measures.width, limits.maxRootFields);
  }
  refuse("QUERY_TOO_BROAD", "fields in one selection set", "breadth", limits.maxBreadth);
  refuse("QUERY_TOO_MANY_DIRECTIVES", "directives in one place", "directives", limits.maxDirectives);
}
