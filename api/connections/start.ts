import { createHash, randomBytes } from "node:crypto";
import type pg from "pg";
import type { PublicKeys } from "../../envelope/keys.ts";
import { sealSecret } from "../../envelope/secret.ts";
import { onConnection, runInTransaction } from "../database/transaction.ts";
import type { RequestSession } from "../sealed/types.ts";
import { consentCookie } from "./cookie.ts";

export interface StartConnection {
  /** For example `google`. */
  readonly provider: string;
  /** For example `mailbox`. */
  readonly profile: string;
  /** A path of our own. */
  readonly returnTo: string;
}

export interface StartedConnection {
  readonly connectionId: string;
  /** The provider's own consent screen. */
  readonly authorizeUrl: string;
  /** For the browser that asked: without it the consent is worth nothing. */
  readonly cookie: string;
}

/**
 * Begins a connection. State and browser secret are stored as hashes, the PKCE verifier sealed to the worker: neither the
 * database nor this process, once the request is over, can complete the exchange.
 *
 * @throws Postgres' errors: `ZS001`, `ZT001`, `ZC001`, `ZC002`
 */
export async function startConnection(
  deps: { readonly pool: pg.Pool; readonly workerPublicKeys: PublicKeys; readonly secure: boolean },
  session: RequestSession,
  { provider, profile, returnTo }: StartConnection,
): Promise<StartedConnection> {
  const random = () => randomBytes(32).toString("base64url");
  const [state, browser, verifier] = [random(), random(), random()];
  const values = [
    provider,
    profile,
    state,
    browser,
    createHash("sha256").update(verifier).digest("base64url"),
    sealSecret(deps.workerPublicKeys.intake[0]!, connectionBinding("connection-verifier", state), verifier),
    returnTo,
  ];
  const { rows } = await onConnection(deps.pool, (client) =>
    runInTransaction(
      client,
      { role: session.role, "session.token": session.token },
      { text: "select * from connections.start_connection($1, $2, $3, $4, $5, $6, $7)", values },
    ),
  );
  return {
    connectionId: rows[0].connection_id as string,
    authorizeUrl: rows[0].authorize_url as string,
    cookie: consentCookie.set(browser, deps.secure, state),
  };
}

/** What a sealed part of a consent is bound to: its purpose and this one consent, named by its state's hash. */
export function connectionBinding(
  purpose: "connection-verifier" | "connection-code",
  state: string,
): Record<string, string> {
  return { purpose, state: createHash("sha256").update(state).digest("hex") };
}
