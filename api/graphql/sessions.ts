import { hash } from "node:crypto";
import type pg from "pg";
import { authenticate, presentedToken } from "./authenticate.ts";
import type { Session } from "./request_context.ts";

/** Sessions that one process knows. */
const maxEntries = 10_000;

export interface Sessions {
  /**
   * Who an access token is for.
   *
   * @returns the session, and whether the database was asked about it just now; undefined without a header
   * @throws {RequestError} `AUTHORIZATION_MALFORMED` or one of `SESSION_*`, all 401
   */
  find(authorization: string | undefined): Promise<{ session: Session; asked: boolean } | undefined>;
  /** Asks the database again, for a request that has not been admitted by any statement. */
  confirm(session: Session): Promise<void>;
  forget(session: Session): void;
}

/**
 * What a token is for never changes: its workspace, person and role are remembered, by the token's hash. Whether it is
 * still good is never remembered: each transaction asks (`session.admit`), in the burst that carries its statement.
 */
export function createSessions(pool: pg.Pool): Sessions {
  const known = new Map<string, Session>();
  const keyOf = (token: string) => hash("sha256", token, "base64");
  return {
    async find(authorization) {
      if (authorization === undefined) return undefined;
      const token = presentedToken(authorization);
      const key = keyOf(token);
      const session = known.get(key);
      if (session) return { session: { ...session, token }, asked: false };
      const found = (await authenticate(pool, authorization))!;
      known.set(key, { ...found, token: "" });
      if (known.size > maxEntries) known.delete(known.keys().next().value!);
      return { session: found, asked: true };
    },
    async confirm(session) {
      await authenticate(pool, `Bearer ${session.token}`);
    },
    forget(session) {
      known.delete(keyOf(session.token));
    },
  };
}
