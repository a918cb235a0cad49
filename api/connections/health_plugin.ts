import { TYPES } from "postgraphile/@dataplan/pg";
import { lambda } from "postgraphile/grafast";
import { sql } from "postgraphile/pg-sql2";
import { extendSchema, gql } from "postgraphile/utils";

/**
 * Why a connection does not work, for its person. Fixed sentences by code: a provider's own words may quote what it was
 * sent, and are neither stored nor shown.
 */
export const lastErrors: Readonly<Record<string, string>> = {
  CONSENT_REFUSED: "you did not allow it at the provider: connect again when you want to",
  CONNECTION_INTERRUPTED: "connecting was interrupted: start again",
  CONNECTION_ENDED: "the connection was ended meanwhile",
  CONNECTION_ERROR: "something failed on our side: try again",
  PROVIDER_GRANT_INVALID: "the provider no longer honours this connection: connect again",
  PROVIDER_CODE_REJECTED: "the provider refused the sign-in code: start again",
  PROVIDER_TOKEN_REJECTED: "the provider refuses the access that it gave: connect again",
  PROVIDER_CREDENTIAL_REJECTED: "the provider refused this user name, password or key",
  PROVIDER_SCOPES_MISSING:
    "not everything that is needed was granted: connect again and leave every box ticked",
  PROVIDER_SCOPES_EXCEEDED: "more was granted than asked for, so it was given back: connect again",
  PROVIDER_SIGN_IN_AVAILABLE: "this mailbox is connected by signing in: no password is taken",
  PROVIDER_RATE_LIMITED: "the provider asks us to slow down: we try again by ourselves",
  PROVIDER_UNAVAILABLE: "the provider does not answer at the moment: we try again by ourselves",
  PROVIDER_MALFORMED: "the provider answered with something unexpected: we try again by ourselves",
  PROVIDER_MISCONFIGURED: "this provider is not set up correctly here: tell who runs this system",
  PROVIDER_REFUSED: "the provider refused the request",
  EGRESS_HOST_REFUSED: "that server is not one that we connect to",
  EGRESS_OPERATION_REFUSED: "that call is not one that we make",
  EGRESS_QUERY_REFUSED: "that query is not one that this connection is for",
  EGRESS_ADDRESS_REFUSED: "that server has a private address",
  EGRESS_REDIRECT_REFUSED: "the provider sent us elsewhere, where we do not go",
  EGRESS_TOO_LARGE: "the provider's answer is too large",
  EGRESS_TIMEOUT: "the provider did not answer in time: we try again by ourselves",
  EGRESS_TLS_REFUSED: "the server's certificate is not valid",
  EGRESS_UNREACHABLE: "the provider cannot be reached at the moment: we try again by ourselves",
  EGRESS_LEASE_ENDED: "the connection may no longer be used",
  EGRESS_CONFIGURATION: "this system is not set up correctly: tell who runs it",
};

/** How a connection does, for people: `lastErrorCode` in words, and when its provider last answered. */
export const ConnectionHealthPlugin = extendSchema({
  typeDefs: gql`
    extend type Connection {
      """
      Why it does not work, in words. Null: nothing went wrong last.
      """
      lastError: String

      """
      When its provider last answered well.
      """
      lastSyncAt: Datetime
    }
  `,
  objects: {
    Connection: {
      plans: {
        lastError: ($connection: any) =>
          lambda($connection.get("last_error_code") as any, wordsFor as never, true),
        // Not a computed column: that would read the whole row, and with it columns that nobody is granted.
        lastSyncAt: ($connection: any) =>
          $connection.select(
            sql`connections.last_sync_at(${$connection.getClassStep().alias}.id)`,
            TYPES.timestamptz,
          ),
      },
    },
  },
});

function wordsFor(code: string | null): string | null {
  if (code === null) return null;
  return Object.hasOwn(lastErrors, code) ? lastErrors[code]! : lastErrors.CONNECTION_ERROR!;
}
