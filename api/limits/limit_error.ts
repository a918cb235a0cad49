/** Each code of a refused request and the HTTP status that goes with it. */
export const limitStatus = {
  REQUEST_TOO_LARGE: 413,
  QUERY_SYNTAX: 400,
  QUERY_TOO_MANY_TOKENS: 400,
  QUERY_TOO_DEEP: 400,
  QUERY_TOO_MANY_FIELDS: 400,
  QUERY_TOO_BROAD: 400,
  QUERY_TOO_MANY_ALIASES: 400,
  QUERY_TOO_MANY_ROOT_FIELDS: 400,
  QUERY_TOO_MANY_DIRECTIVES: 400,
  QUERY_FRAGMENT_CYCLE: 400,
  PAGE_TOO_LARGE: 400,
  QUERY_TOO_COSTLY: 400,
  INTROSPECTION_DISABLED: 400,
  BATCHING_DISABLED: 400,
  SECRET_MUST_BE_VARIABLE: 400,
  SECRET_INVALID: 400,
  SECRET_TOO_LARGE: 413,
} as const;

export type LimitCode = keyof typeof limitStatus;

/** Numbers that say how far off a request was, never text from it. */
export type LimitDetails = Readonly<Record<string, number>>;

/**
 * A request refused before validation. Its message is fixed text and numbers, plus at most the name of a variable,
 * argument or field: never a value from the request, which may be a secret in the wrong place.
 */
export class LimitError extends Error {
  readonly code: LimitCode;
  readonly statusCode: number;
  readonly details: LimitDetails;
  /** What GraphQL shows beside the message. */
  readonly extensions: { readonly code: LimitCode; readonly details: LimitDetails };

  constructor(code: LimitCode, message: string, details: LimitDetails = {}) {
    super(message);
    this.name = "LimitError";
    this.code = code;
    this.statusCode = limitStatus[code];
    this.details = details;
    this.extensions = { code, details };
  }
}

/**
 * Refuses a count above its limit.
 *
 * @param what - the counted thing in plural, as in "the query has more than 500 fields"
 * @throws LimitError with `details` `{ limit, actual }`
 */
export function refuseAbove(code: LimitCode, what: string, actual: number, limit: number): void {
  if (actual > limit)
    throw new LimitError(code, `the query has more than ${limit} ${what}`, { limit, actual });
}
