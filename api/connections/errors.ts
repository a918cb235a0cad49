const START_AGAIN = "start connecting again";

/** Every code that the routes of connections answer by themselves: status, sentence, what the person can do. */
export const connectionRouteErrors = {
  METHOD_NOT_ALLOWED: [405, "the method is not allowed here", null],
  NOT_FOUND: [404, "there is nothing here", null],
  REQUEST_MALFORMED: [400, "the request lacks a parameter or has one of the wrong form", null],
  UNAUTHENTICATED: [401, "there is no valid access token", "sign in again"],
  PERMISSION_DENIED: [403, "your role may not connect accounts", "ask an admin of your workspace"],
  CONNECTION_PROVIDER_UNKNOWN: [404, "that cannot be connected by signing in", "see the list of providers"],
  CONNECTION_STATE_UNKNOWN: [400, "this consent is unknown, over, or used already", START_AGAIN],
  CONNECTION_BROWSER_MISMATCH: [400, "this consent was begun in another browser", START_AGAIN],
  CONNECTION_SESSION_ENDED: [400, "the session that began this consent has ended", "sign in and start again"],
  WEBHOOK_TOO_LARGE: [413, "the webhook is too large", null],
  WEBHOOKS_FULL: [503, "too much waits to be judged", "send it again later"],
  INTERNAL: [500, "something went wrong", "try again"],
} as const satisfies Record<string, readonly [status: number, message: string, hint: string | null]>;

export type ConnectionRouteErrorCode = keyof typeof connectionRouteErrors;

/** A refusal of these routes. Fixed text only: nothing of the request gets into it. */
export class ConnectionRouteError extends Error {
  override readonly name = "ConnectionRouteError";
  readonly code: ConnectionRouteErrorCode;
  readonly status: number;
  readonly hint: string | null;

  constructor(code: ConnectionRouteErrorCode) {
    const [status, message, hint] = connectionRouteErrors[code];
    super(message);
    this.code = code;
    this.status = status;
    this.hint = hint;
  }
}

/** Whether a word from the database is one of the codes; anything else must not reach a caller. */
export function isConnectionRouteErrorCode(word: unknown): word is ConnectionRouteErrorCode {
  return typeof word === "string" && Object.hasOwn(connectionRouteErrors, word);
}
