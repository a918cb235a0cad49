/**
 * What one GraphQL request may ask for. Counts are of the document as written unless they say "expanded": then every
 * fragment spread counts as the selections behind it, because that is what validation and planning walk.
 */
export interface Limits {
  /** UTF-8 bytes of the query and its operation name. The first check, so that nothing reads a huge text. */
  readonly maxBytes: number;
  /** Lexical tokens, comments excluded. Parsing costs one step per token. */
  readonly maxTokens: number;
  /** Open brackets of any kind at one point. The parser, and every walker after it, recurses once per bracket. */
  readonly maxNesting: number;
  /** Levels of fields, fragments being transparent. Each level may become a join or a query of its own. */
  readonly maxDepth: number;
  /** Fields, expanded. Planning makes at least one step for each. */
  readonly maxFields: number;
  /**
   * Fields, spreads and inline fragments, expanded. Bounds the spreads that lead to few fields: a chain of them is
   * walked again from every place that spreads its head.
   */
  readonly maxSelections: number;
  /** Fields of one selection set, expanded. Validation compares the fields of a set in pairs, so this bounds a square. */
  readonly maxBreadth: number;
  /** Aliases, expanded. An alias is how one request tries many ids or many codes. */
  readonly maxAliases: number;
  /** Fields at the top of one operation, expanded. Each is a query or a mutation of its own. */
  readonly maxRootFields: number;
  /** Directives at one place (a field, spread, fragment or operation). No sane query repeats them. */
  readonly maxDirectives: number;
  /** Rows that `first` or `last` may ask for. */
  readonly maxPageSize: number;
  /**
   * Rows counted for a paged field whose request names no page size. `null` refuses such a field instead: the choice
   * where the schema itself does not cap the rows, since counting 100 does not stop a resolver from reading them all.
   */
  readonly defaultPageSize: number | null;
  /** Rows that `offset` may skip. Postgres reads what it skips. */
  readonly maxOffset: number;
  /** Items counted for a list that is not paged. */
  readonly listFactor: number;
  /** Cost of one operation, in fields resolved: page sizes and list factors multiply what is below them. */
  readonly maxCost: number;
  /** Levels of lists and objects in the variables. Coercion recurses through recursive input types. */
  readonly maxVariableDepth: number;
  /** Values in the variables: scalars, list items and object fields. */
  readonly maxVariableValues: number;
  /** Secrets sealed for one request. Each costs an elliptic-curve operation. */
  readonly maxSecrets: number;
  /** UTF-8 bytes of one secret. The longest known, a service account's key file, is under 4 KiB. Sealed text may be twice as long. */
  readonly maxSecretBytes: number;
}

/** Limits that the standard introspection query and a page of 100 rows with 80 fields each pass. */
export const defaultLimits: Limits = {
  maxBytes: 32_768,
  maxTokens: 2_000,
  maxNesting: 40,
  maxDepth: 15,
  maxFields: 500,
  maxSelections: 1_000,
  maxBreadth: 100,
  maxAliases: 30,
  maxRootFields: 20,
  maxDirectives: 4,
  maxPageSize: 100,
  defaultPageSize: 100,
  maxOffset: 10_000,
  listFactor: 10,
  maxCost: 10_000,
  maxVariableDepth: 20,
  maxVariableValues: 5_000,
  maxSecrets: 20,
  maxSecretBytes: 16_384,
};
