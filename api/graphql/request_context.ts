import type { Admission } from "./admission.ts";
import type { StartConnection } from "../connections/start.ts";
import type { RequestSession, SealedCalls } from "../sealed/types.ts";
import type { TransactionSettings } from "../database/transaction.ts";

/** Who is signed in, as `session.authenticate` says. */
export interface Session extends RequestSession {
  readonly workspaceId: string;
  readonly personId: string;
  readonly signInId: string;
}

/** What belongs to one request. The transport makes it, and settles who is asking before it reads what is asked. */
export interface ApiRequest {
  /** Made here, never taken from the caller: it is written into the audit log. */
  readonly id: string;
  /** The session's address and client, as the audit log knows them (origins.ts). Undefined: nobody is signed in. */
  readonly origin: string | undefined;
  /** Whether the transport has looked at the caller's credentials. */
  readonly authenticated: true;
  /** Undefined: nobody is signed in. */
  readonly session: Session | undefined;
  /** Given where statements are to ask whether the session is live. */
  readonly admission?: Admission;
  /** Begins a connection for the session, and gives the browser its cookie. */
  readonly startConnection?: (
    input: Partial<StartConnection>,
  ) => Promise<{ readonly connectionId: string; readonly authorizeUrl: string }>;
  /** What a subscription hears of. Undefined over HTTP. */
  readonly changes?: ChangeFeed;
}

/** The changes that one subscription's session may know of. */
export interface ChangeFeed {
  subscribe(topic: "connections"): AsyncIterableIterator<ConnectionChange>;
}

/** Names a row; what is shown of it is read anew. */
export interface ConnectionChange {
  readonly workspaceId: string;
  readonly id: string;
}

declare global {
  namespace Grafast {
    interface RequestContext {
      api?: ApiRequest;
    }
    interface Context {
      session: Session | null;
      sealed: SealedCalls;
      startConnection: ApiRequest["startConnection"];
      changes: ChangeFeed | undefined;
    }
  }
}

/** What a request's transactions are run with. Without a session: a role that is granted next to nothing. */
export function transactionSettings(request: ApiRequest): TransactionSettings {
  return {
    role: request.session?.role ?? "bulkhead_anonymous",
    "session.token": request.session?.token ?? "",
    "request.id": request.id,
    "request.origin": request.origin ?? "",
  };
}
