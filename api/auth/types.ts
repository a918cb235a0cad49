import type { IncomingMessage, ServerResponse } from "node:http";
import type pg from "pg";
import type { ApiConfig } from "../config.ts";
import type { SealedCalls } from "../sealed/types.ts";

/** What the sign-in routes need of the API's configuration. It holds no secret. */
export type AuthConfig = Pick<
  ApiConfig,
  "publicUrl" | "workosClientId" | "workosBaseUrl" | "workerPublicKeys" | "trustedProxies"
>;

export interface AuthDeps {
  readonly config: AuthConfig;
  /** The login `bulkhead_api`. */
  readonly pool: pg.Pool;
  readonly sealed: Pick<SealedCalls, "callerId" | "askIdentity">;
  /** Takes one line about what went wrong inside: a code, never input. Standard error unless given. */
  readonly log?: (line: string) => void;
}

/** One request under way. */
export interface AuthContext extends AuthDeps {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The request's own URL on `publicUrl`. */
  readonly url: URL;
  /** Where the request comes from, without port; null when the socket is gone. */
  readonly address: string | null;
  /** Whether `publicUrl` is https: the form of cookies follows from it. Plain http is for loopback only. */
  readonly secure: boolean;
}

export type AuthRoute = (context: AuthContext) => Promise<void>;
