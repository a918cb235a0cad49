import type { IncomingMessage, ServerResponse } from "node:http";
import type pg from "pg";
import type { ApiConfig } from "../config.ts";

export interface ConnectionDeps {
  readonly config: Pick<ApiConfig, "publicUrl" | "workerPublicKeys" | "trustedProxies">;
  /** The login `bulkhead_api`. */
  readonly pool: pg.Pool;
  /** Takes one line about what went wrong inside: a code, never input. Standard error unless given. */
  readonly log?: (line: string) => void;
}

/** One request under way. */
export interface ConnectionContext extends ConnectionDeps {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The request's own URL on `publicUrl`. */
  readonly url: URL;
  readonly address: string | null;
  readonly secure: boolean;
  /** The provider of the path. */
  readonly provider: string;
}
