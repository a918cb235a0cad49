/** Whose rights a question is asked with. The token is sent to Postgres as a bind parameter, never as a literal. */
export interface RequestSession {
  /** The access token as presented. */
  readonly token: string;
  /** The database role of the session, for example `bulkhead_member`. */
  readonly role: string;
}

/** What of a message to open. */
export type OpenKind = "mail.subject" | "mail.body";

/** Who a pseudonym of the audit log is. */
export type OpenedName =
  { readonly name: string; readonly email: string; readonly erased?: undefined } | { readonly erased: true };

/** The address and client that an event of the audit log came from. */
export interface OpenedOrigin {
  readonly address: string;
  /** As the client said it; empty where it said none. */
  readonly user_agent: string;
}

/** A person or list in a header. */
export interface OpenedAddress {
  readonly name: string;
  readonly address: string;
}

/** What `mail.subject` opens to. */
export interface OpenedSubject {
  readonly subject: string;
  readonly from: OpenedAddress | null;
  readonly to: readonly OpenedAddress[];
  readonly cc: readonly OpenedAddress[];
}

/** An attachment as the message declares it; its bytes are stored apart. */
export interface OpenedAttachment {
  readonly id: string;
  readonly filename: string | null;
  readonly contentType: string;
  /** bytes */
  readonly size: number;
}

/** What `mail.body` opens to. */
export interface OpenedBody {
  /** Plain text; made from the HTML where the message has no other. */
  readonly text: string;
  /** The HTML as sent, unsanitised: only for a viewer that isolates it. Null where there is none. */
  readonly html: string | null;
  readonly replyTo: readonly OpenedAddress[];
  /** Written by a machine: not to be answered automatically. */
  readonly autoSubmitted: boolean;
  readonly attachments: readonly OpenedAttachment[];
  /** Codes of what the parser had to mend, for example `MESSAGE_ID_MISSING`. */
  readonly warnings: readonly string[];
}

/**
 * - `SEALED_TIMEOUT`: no answer in time
 * - `SEALED_WORKER_DOWN`: no worker of that service is connected
 * - `SEALED_OVERLOADED`: too many questions wait already
 * - `SEALED_UNAVAILABLE`: the database cannot be reached, or this process is stopping
 * - `SEALED_FAILED`: the worker could not answer, for example because its key service is down; try again later
 * - `MESSAGE_UNREADABLE`: this one message does not open
 * - `MESSAGE_TOO_LARGE`: this one message does not fit into the answer any more; ask for it alone
 */
export type SealedCallErrorCode =
  | "SEALED_TIMEOUT"
  | "SEALED_WORKER_DOWN"
  | "SEALED_OVERLOADED"
  | "SEALED_UNAVAILABLE"
  | "SEALED_FAILED"
  | "MESSAGE_UNREADABLE"
  | "MESSAGE_TOO_LARGE";

const messages: Readonly<Record<SealedCallErrorCode, string>> = {
  SEALED_TIMEOUT: "the worker did not answer in time",
  SEALED_WORKER_DOWN: "no worker is there to answer",
  SEALED_OVERLOADED: "too many questions wait for an answer",
  SEALED_UNAVAILABLE: "the worker cannot be asked",
  SEALED_FAILED: "the worker could not answer",
  MESSAGE_UNREADABLE: "this message cannot be opened",
  MESSAGE_TOO_LARGE: "this message does not fit into the answer",
};

/** Carries a code and a sentence of ours; never a cause, so that nothing of a question or an answer gets into a log. */
export class SealedCallError extends Error {
  override readonly name = "SealedCallError";
  readonly code: SealedCallErrorCode;

  constructor(code: SealedCallErrorCode) {
    super(messages[code]);
    this.code = code;
  }
}

/** Asks the worker what only it can do. One per API process. */
export interface SealedCalls {
  /** This process's registration; changes when it registers anew. Pass it to the SQL functions that ask. */
  readonly callerId: string;

  /**
   * Opens messages of the session's workspace. Questions asked in one tick travel as one job.
   *
   * @param ids 1 to 500 message ids
   * @returns what opened, by id ({@link OpenedSubject} or {@link OpenedBody}); a {@link SealedCallError} with
   *   `MESSAGE_UNREADABLE` or `MESSAGE_TOO_LARGE` in place of a message that did not open; nothing for ids that the session may not read
   * @throws {SealedCallError} `SEALED_*`; and Postgres' own errors (`ZS001`, `ZT001`, `ZM001`) as they are
   */
  openMessages(
    session: RequestSession,
    kind: OpenKind,
    ids: readonly string[],
  ): Promise<Map<string, unknown>>;

  /**
   * Asks who the people of a workspace's audit log are. The database decides, person by person, whom the session may be told of.
   *
   * @param ids 1 to 500 pseudonyms
   * @returns {@link OpenedName} by id, or a {@link SealedCallError} in its place; nothing for whom the session may not know
   * @throws {SealedCallError} `SEALED_*`; and Postgres' own errors (`ZS001`, `ZT001`, `ZA006`) as they are
   */
  openNames(
    session: RequestSession,
    workspaceId: string,
    ids: readonly string[],
  ): Promise<Map<string, unknown>>;

  /**
   * Asks where events of a workspace's audit log came from. The database decides, event by event, of which the session may be told.
   *
   * @param ids 1 to 500 ids of events
   * @returns {@link OpenedOrigin} by event, or a {@link SealedCallError} in its place; nothing for an event whose origin is not its own
   *   sign-in's, was erased, is not sealed yet, or is not for the session to know
   * @throws {SealedCallError} `SEALED_*`; and Postgres' own errors (`ZS001`, `ZT001`, `ZA006`) as they are
   */
  openOrigins(
    session: RequestSession,
    workspaceId: string,
    ids: readonly string[],
  ): Promise<Map<string, unknown>>;

  /**
   * Waits for the sealed answer to a call that an SQL function has registered, and opens it. Call it in the same tick in
   * which that function's transaction is answered: an answer that comes before anybody waits is kept for a moment only.
   *
   * @returns the answer's JSON
   * @throws {SealedCallError} `SEALED_*`
   */
  askIdentity(callId: string): Promise<unknown>;

  /** Stops listening; whoever still waits gets `SEALED_UNAVAILABLE`. */
  close(): Promise<void>;
}
