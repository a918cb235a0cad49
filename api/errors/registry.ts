/**
 * The one list of errors that may leave this system by name. `extensions.code` shows `code`; `docs/errors.md` is made
 * from this file. Whatever is not here is answered as `INTERNAL`.
 *
 * - `when`: what happened, for the API's user; it ends up in the docs.
 * - `status`: the HTTP status where the error refuses a whole request. An error of one field among others is a 200.
 */
export interface RegisteredError {
  readonly code: string;
  readonly when: string;
  readonly status?: number;
}

/**
 * Raised by our own SQL functions, by SQLSTATE. Their message and hint are written for the API's user and shown.
 * Not here: signals that a function raises for itself and catches (9xx).
 */
export const raisedErrors: Readonly<Record<string, RegisteredError>> = {
  ZA001: { code: "AUDIT_APPEND_ONLY", when: "Something tried to change or remove an audit event." },
  ZA002: { code: "TRUNCATE_REFUSED", when: "Something tried to truncate a tenant table." },
  ZA003: {
    code: "AUDIT_WORKSPACE_REFUSED",
    when: "An event was to go into another workspace's log than its session's.",
  },
  ZA004: {
    code: "AUDIT_COLUMN_UNKNOWN",
    when: "A column is declared harmless that its table does not have.",
  },
  ZA005: {
    code: "AUDIT_EVENT_MALFORMED",
    when: "An audit event takes codes and names only, and is bounded.",
  },
  ZA006: { code: "AUDIT_LOG_NOT_FOUND", when: "There is no such audit log, or it is not yours to read." },
  ZA007: {
    code: "AUDIT_SEAL_NEEDS_SNAPSHOT",
    when: "The notary tried to seal without one snapshot for all of it.",
  },
  ZA008: { code: "AUDIT_CHAIN_CONFLICT", when: "The notary's chain and the log do not agree." },
  ZA009: { code: "AUDIT_PERSON_NOT_FOUND", when: "There is no such person in your workspace." },
  ZA010: { code: "AUDIT_SINK_NOT_FOUND", when: "There is no such collector." },
  ZA011: {
    code: "AUDIT_EXPORT_UNDER_WAY",
    when: "An export to that collector is under way: it will be followed by the next.",
  },
  ZA012: {
    code: "AUDIT_EXPORT_MOVED_ON",
    when: "A worker tried to send a part of an export that has left already.",
  },
  ZI001: {
    code: "PROBE_NEEDS_SUPERUSER",
    when: "Isolation probes act as every login in turn: run them as a superuser, or as bulkhead_auditor with the deployed model.",
  },
  ZI002: { code: "PROBE_NEVER_COMMITS", when: "A transaction that made a synthetic tenant tried to commit." },
  ZI003: {
    code: "PROBE_FOR_AUDITORS_ONLY",
    when: "A part of the prober was called by another login, or for a workspace that is not synthetic.",
  },
  ZI004: { code: "PROBE_NEEDS_READ_COMMITTED", when: "Isolation probes need a read committed transaction." },
  ZI005: { code: "PROBE_GROUP_UNKNOWN", when: "There is no such group of probes for an auditor." },
  ZC001: {
    code: "CONNECTION_PROVIDER_UNKNOWN",
    when: "That provider and profile cannot be connected by signing in.",
  },
  ZC002: {
    code: "CONNECTION_REQUEST_MALFORMED",
    when: "The request to connect lacks a part, or has one of the wrong form.",
  },
  ZC003: {
    code: "CONNECTION_SECRET_REFUSED",
    when: "That is connected by signing in, or is not known: no password or key is taken.",
  },
  ZC004: {
    code: "CONNECTION_NOT_PENDING",
    when: "A worker tried to finish a connection that does not wait for that.",
  },
  ZC005: { code: "CONNECTION_NOT_FOUND", when: "You have no such connection." },
  ZK001: { code: "KEY_PURPOSE_REFUSED", when: "Only the keys for content and credentials rotate." },
  ZK002: {
    code: "KEY_VERSION_NOT_SUPERSEDED",
    when: "There is no such superseded version of the key; rotate it first.",
  },
  ZK003: {
    code: "KEY_VERSION_GIVEN_UP",
    when: "A worker sealed something under a version of the key that is being, or was, destroyed; it seals it anew.",
  },
  ZK004: { code: "KEYS_NOT_FOUND", when: "The operator's command names no workspace that has keys." },
  ZM001: {
    code: "OPEN_COUNT_OUT_OF_RANGE",
    when: "None, or more than 500 messages were to be opened at once.",
  },
  ZM002: { code: "INBOX_NOT_FOUND", when: "The workspace has no such inbox." },
  ZM003: { code: "IMPORT_NOT_RUNNING", when: "The import has ended, or was never begun." },
  ZM004: { code: "IMPORT_MESSAGE_DONE", when: "That message of the import has been dealt with already." },
  ZS001: {
    code: "UNAUTHENTICATED",
    when: "The request carries no session, and what it asks for needs one.",
    status: 401,
  },
  ZS005: { code: "SSO_REQUIRED", when: "The workspace is entered by single sign-on only.", status: 403 },
  ZS006: {
    code: "TICKET_UNKNOWN",
    when: "A worker presented a ticket that is not, or no longer, its service's.",
  },
  ZS010: {
    code: "SIGNING_KEY_MISSING",
    when: "The database has no key to sign sessions with: it was not deployed.",
    status: 503,
  },
  ZS020: {
    code: "SESSION_ENDED",
    when: "The session ended while the request was under way.",
    status: 401,
  },
  ZT001: { code: "PERMISSION_DENIED", when: "Your role lacks the permission that the message names." },
  ZT002: { code: "ROLE_UNKNOWN", when: "There is no role of that key." },
  ZT003: { code: "ROLE_ABOVE_YOUR_OWN", when: "Nobody gives, changes or removes a role above their own." },
  ZT004: { code: "ALREADY_A_MEMBER", when: "The invited person is a member of the workspace already." },
  ZT005: { code: "INVITATION_NOT_FOUND", when: "The workspace has no such open invitation." },
  ZT006: { code: "MEMBER_NOT_FOUND", when: "The workspace has no such member." },
  ZT007: {
    code: "LAST_OWNER",
    when: "The last active owner of a workspace cannot leave, be suspended or lose the role.",
  },
  ZT008: { code: "TEAM_NOT_FOUND", when: "The workspace has no such team." },
  ZT010: {
    code: "ORGANIZATION_UNKNOWN",
    when: "No workspace belongs to the organization that you signed in with.",
    status: 403,
  },
  ZT011: { code: "NOT_INVITED", when: "You signed in, and no workspace has invited you.", status: 403 },
  ZT014: { code: "WORKSPACE_NAME_MISMATCH", when: "To delete a workspace, give its name exactly as it is." },
  ZT015: {
    code: "WORKSPACE_HAS_WORKSPACES",
    when: "The workspace has others under it: it is deleted after them.",
  },
  ZT016: { code: "WORKSPACE_DELETED", when: "The workspace was deleted.", status: 403 },
  ZT017: {
    code: "ORGANIZATION_SIGN_IN_REQUIRED",
    when: "The workspace belongs to an organization, and you signed in without it.",
    status: 403,
  },
  ZT013: { code: "READ_COMMITTED_ONLY", when: "An owner is changed in a read committed transaction only." },
  ZT012: {
    code: "MEMBERSHIP_SUSPENDED",
    when: "Your membership of the workspace is suspended.",
    status: 403,
  },
};

/** A rule of a table, by the name of its constraint or unique index. Postgres' own message quotes values; ours is shown. */
export const constraintErrors: Readonly<Record<string, RegisteredError & { readonly message: string }>> = {
  inbox_name_length: {
    code: "INBOX_NAME_LENGTH",
    message: "an inbox's name has 1 to 100 characters",
    when: "The name of an inbox is empty or too long.",
  },
  inbox_name_unique: {
    code: "INBOX_NAME_TAKEN",
    message: "there is an inbox of that name already",
    when: "Another inbox of the workspace has that name.",
  },
  invitation_email_shape: {
    code: "EMAIL_INVALID",
    message: "that is not an email address",
    when: "The address to invite is not an email address.",
  },
  invitation_open_once: {
    code: "ALREADY_INVITED",
    message: "that address has an open invitation already",
    when: "There is an open invitation for that address.",
  },
  secret_is_sealed: {
    code: "SECRET_INVALID",
    message: "a secret was not sealed",
    when: "A secret did not arrive sealed, or has the wrong shape.",
    status: 400,
  },
  session_policy_idle_timeout_range: {
    code: "SESSION_POLICY_RANGE",
    message: "sessions may be idle for 1 minute to 30 days",
    when: "A session policy is outside what is possible.",
  },
  session_policy_maximum_age_range: {
    code: "SESSION_POLICY_RANGE",
    message: "sessions live for 5 minutes to 30 days",
    when: "A session policy is outside what is possible.",
  },
  team_name_length: {
    code: "TEAM_NAME_LENGTH",
    message: "a team's name has 1 to 100 characters",
    when: "The name of a team is empty or too long.",
  },
  team_name_unique: {
    code: "TEAM_NAME_TAKEN",
    message: "there is a team of that name already",
    when: "Another team of the workspace has that name.",
  },
  workspace_name_length: {
    code: "WORKSPACE_NAME_LENGTH",
    message: "a workspace's name has 1 to 200 characters",
    when: "The name of a workspace is empty or too long.",
  },
};

/** Raised by Postgres itself, by SQLSTATE. Ours is the message that is shown. */
export const postgresErrors: Readonly<Record<string, RegisteredError & { readonly message: string }>> = {
  "42501": {
    code: "FORBIDDEN",
    message: "your session may not do that",
    when: "The session's database role has no right to what the request names.",
  },
  "57014": {
    code: "TIMEOUT",
    message: "the request took too long",
    when: "A statement ran longer than allowed. Ask for less at once.",
  },
  "25P04": {
    code: "TIMEOUT",
    message: "the request took too long",
    when: "A transaction ran longer than allowed. Ask for less at once.",
  },
  "55P03": {
    code: "BUSY",
    message: "somebody else is changing the same thing",
    when: "A row stayed locked for too long. Try again.",
  },
  "40P01": {
    code: "BUSY",
    message: "somebody else is changing the same thing",
    when: "Two changes waited for each other. Try again.",
  },
  "40001": {
    code: "BUSY",
    message: "somebody else is changing the same thing",
    when: "Two changes crossed. Try again.",
  },
  "53300": {
    code: "UNAVAILABLE",
    message: "the service is overloaded",
    when: "The database takes no more connections. Try again later.",
    status: 503,
  },
};

/** Raised by the API process, by code. */
export const requestErrors: Readonly<Record<string, { readonly when: string; readonly status: number }>> = {
  SESSION_MALFORMED: {
    status: 401,
    when: "The access token is not one: cut short, or not signed with HS256.",
  },
  SESSION_SIGNATURE_INVALID: { status: 401, when: "The access token's signature is not ours." },
  SESSION_UNKNOWN: {
    status: 401,
    when: "The access token is not registered: cleaned up, or for another use.",
  },
  SESSION_REVOKED: { status: 401, when: "The sign-in was ended. Sign in again." },
  SESSION_EXPIRED: { status: 401, when: "The access token has expired. Refresh it." },
  SESSION_SUSPENDED: { status: 401, when: "The membership behind the session is suspended or gone." },
  AUTHORIZATION_MALFORMED: { status: 401, when: "The Authorization header is not `Bearer` and one token." },
  DOCUMENT_REQUIRED: { status: 400, when: "This API runs trusted documents only: send `documentId`." },
  DOCUMENT_UNKNOWN: { status: 404, when: "No trusted document has that id." },
  GRAPHQL_INVALID: {
    status: 400,
    when: "The query does not fit the schema, or a variable does not fit its type.",
  },
  REQUEST_MALFORMED: {
    status: 400,
    when: "The body is not a JSON object with the members of a GraphQL request.",
  },
  METHOD_NOT_ALLOWED: { status: 405, when: "GraphQL is asked by POST only." },
  CONTENT_TYPE_UNSUPPORTED: {
    status: 415,
    when: "GraphQL is asked with `Content-Type: application/json` only.",
  },
  SUBSCRIPTION_NEEDS_WEBSOCKET: {
    status: 400,
    when: "A subscription was asked for over HTTP. Subscribe over a WebSocket, with graphql-ws.",
  },
  SUBSCRIPTION_ONLY: { status: 400, when: "A WebSocket takes subscriptions only. Ask the rest by POST." },
  TOO_MANY_SUBSCRIPTIONS: { status: 429, when: "You have too many subscriptions open. End one first." },
  TOO_MANY_SOCKETS: { status: 429, when: "Too many WebSockets are open. Close one, or try again later." },
  ORIGIN_REFUSED: { status: 403, when: "A browser sent this from a page of another origin." },
  NOT_FOUND: { status: 404, when: "There is nothing at that address." },
  UNAVAILABLE: { status: 503, when: "The database cannot be reached. Try again later." },
  TIMEOUT: { status: 503, when: "The answer was not ready in time. Ask for less at once." },
  INTERNAL: {
    status: 500,
    when: "Something failed on our side. `extensions.reference` finds it in the log.",
  },
  SEALED_TIMEOUT: { status: 503, when: "The worker did not answer in time. Try again." },
  SEALED_WORKER_DOWN: { status: 503, when: "No worker is running that could answer." },
  SEALED_OVERLOADED: { status: 503, when: "Too many questions wait for the worker. Try again later." },
  SEALED_UNAVAILABLE: { status: 503, when: "The worker cannot be asked. Try again later." },
  SEALED_FAILED: {
    status: 503,
    when: "The worker could not answer, for example because its key service is down.",
  },
  MESSAGE_TOO_LARGE: { status: 200, when: "This one message is too large to be answered in a query." },
  MESSAGE_UNREADABLE: { status: 200, when: "This one message cannot be opened." },
};

/** What a Postgres error says of itself. */
export interface DatabaseErrorLike {
  readonly code?: string;
  readonly constraint?: string;
  readonly message: string;
  readonly hint?: string;
}

/** What the API's user gets to know of it; `undefined`: nothing. */
export interface PublicError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** Looks an error of the database up. Never passes on its detail, which quotes rows. */
export function findDatabaseError(error: DatabaseErrorLike): PublicError | undefined {
  const raised = own(raisedErrors, error.code);
  if (raised)
    return { code: raised.code, message: error.message, ...(error.hint ? { hint: error.hint } : {}) };
  const known = own(constraintErrors, error.constraint) ?? own(postgresErrors, error.code);
  return known && { code: known.code, message: known.message };
}

/** The HTTP status of an error that refuses a whole request. */
export function statusOf(code: string): number | undefined {
  const request = own(requestErrors, code);
  if (request) return request.status;
  for (const list of [raisedErrors, constraintErrors, postgresErrors]) {
    for (const entry of Object.values(list)) if (entry.code === code && entry.status) return entry.status;
  }
  return undefined;
}

function own<T>(record: Readonly<Record<string, T>>, key: string | undefined): T | undefined {
  return key !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}
