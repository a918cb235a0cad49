import type { DocumentNode, GraphQLSchema } from "postgraphile/graphql";
import { checkDocument } from "./check_document.ts";
import type { Cost } from "./cost.ts";
import { checkCost, compileCost, findOperation } from "./cost.ts";
import { usesIntrospection } from "./introspection.ts";
import { LimitError } from "./limit_error.ts";
import type { Limits } from "./limits.ts";
import { checkVariables } from "./variables.ts";

/** One GraphQL request, as its body names it. */
export interface LimitedRequest {
  source: string;
  operationName?: string | null;
  variables?: Readonly<Record<string, unknown>> | null;
}

/** A request that is within the limits. `cost` is 0 when the operation name fits none: execution refuses it. */
export interface CheckedRequest {
  document: DocumentNode;
  cost: number;
  /** Whether the document was known already, so that only its variables were looked at. */
  cached: boolean;
}

interface Entry {
  document: DocumentNode;
  introspects: boolean;
  cost: Cost | undefined;
  schema: GraphQLSchema;
  characters: number;
}

export interface RequestCheckOptions {
  limits: Limits;
  /** Whether `__schema` and `__type` may be selected: in development only. */
  introspection: boolean;
  /** Characters of query text kept for all documents together. Their syntax trees take some 20 times that. */
  cacheCharacters: number;
}

/**
 * Makes the check that a request passes before validation. Documents that passed are remembered, least recently used
 * first out, by their text and the operation name; what depends on the variables is checked each time.
 *
 * Refused documents are not remembered: refusing is cheap, and a flood of them would push out the good ones. The limit
 * is in characters since entries of the largest allowed size would fill the memory long before a sane count of them.
 *
 * @returns a function that throws LimitError for a request above the limits
 */
export function createRequestCheck(
  options: RequestCheckOptions,
): (request: LimitedRequest, schema: GraphQLSchema) => CheckedRequest {
  const { limits } = options;
  const entries = new Map<string, Entry>();
  let characters = 0;

  const remember = (key: string, entry: Entry) => {
    const old = entries.get(key);
    if (old) {
      entries.delete(key);
      characters -= old.characters;
    }
    if (entry.characters > options.cacheCharacters) return;
    entries.set(key, entry);
    characters += entry.characters;
    for (const [oldest, { characters: size }] of entries) {
      if (characters <= options.cacheCharacters) break;
      entries.delete(oldest);
      characters -= size;
    }
  };

  const check = ({ source, operationName }: LimitedRequest, schema: GraphQLSchema): Entry => {
    const document = checkDocument(source, limits, operationName ?? undefined);
    const operation = findOperation(document, operationName);
    return {
      document,
      introspects: usesIntrospection(document),
      cost: operation && compileCost(schema, document, operation, limits),
      schema,
      characters: source.length + (operationName?.length ?? 0),
    };
  };

  return (request, schema) => {
    // Looking it up reads the whole text, so a huge one is refused first. Its bytes are never fewer than its length.
    const length = request.source.length + (request.operationName?.length ?? 0);
    if (length > limits.maxBytes) checkDocument(request.source, limits, request.operationName ?? undefined);
    // No document that passes has a NUL in it. A trusted document is one and the same string each time, which finds
    // its entry by address.
    const { source, operationName } = request;
    const key = operationName ? `${operationName}\0${source}` : source;
    const known = entries.get(key);
    // In watch mode the schema changes under the process, and with it what is a list.
    const cached = known !== undefined && known.schema === schema;
    const entry = cached ? known : check(request, schema);
    if (entry.introspects && !options.introspection) {
      throw new LimitError("INTROSPECTION_DISABLED", "the schema cannot be queried here");
    }
    const variables = request.variables ?? {};
    checkVariables(variables, limits);
    const cost = entry.cost ? checkCost(entry.cost, variables, limits) : 0;
    if (cached) {
      entries.delete(key);
      entries.set(key, entry);
    } else remember(key, entry);
    return { document: entry.document, cost, cached };
  };
}
