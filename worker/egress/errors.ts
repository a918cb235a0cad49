const MESSAGES = {
  EGRESS_HOST_REFUSED: "that address is not one of the provider's",
  EGRESS_OPERATION_REFUSED: "that call is not one that the product makes",
  EGRESS_QUERY_REFUSED: "that query is not one that the connection's profile allows",
  EGRESS_ADDRESS_REFUSED: "the provider's name leads to a private address",
  EGRESS_REDIRECT_REFUSED: "the provider answered with a redirect",
  EGRESS_TOO_LARGE: "the provider's answer is too large",
  EGRESS_TIMEOUT: "the provider did not answer in time",
  EGRESS_TLS_REFUSED: "the provider's certificate is not valid",
  EGRESS_UNREACHABLE: "the provider cannot be reached",
  EGRESS_LEASE_ENDED: "the connection may no longer be used",
  EGRESS_CONFIGURATION: "stand-ins are for development only",
} as const;

/** Why a call did not leave, or why its answer was not taken. */
export type EgressErrorCode = keyof typeof MESSAGES;

/**
 * The only error that the guarded client throws. It carries a code and a sentence written here, never a cause: the
 * errors of sockets and parsers quote URLs, and URLs of a revocation hold a token.
 */
export class EgressError extends Error {
  override readonly name = "EgressError";
  readonly code: EgressErrorCode;

  constructor(code: EgressErrorCode) {
    super(MESSAGES[code]);
    this.code = code;
  }

  /** Whether the same call may succeed later. A refusal never will. */
  get retryable(): boolean {
    return this.code === "EGRESS_TIMEOUT" || this.code === "EGRESS_UNREACHABLE";
  }
}
