import type pg from "pg";
import { onConnection, runInTransaction } from "../database/transaction.ts";
import type { Session } from "./request_context.ts";

/** Sessions whose origin one process remembers. */
const maxEntries = 10_000;
/** ms after which an origin is asked for again: it may have been erased. */
const maxAge = 15 * 60_000;

/**
 * Where sessions' requests come from, as ids that the audit log resolves. An address and client is noted in the database
 * once for each sign-in; afterwards its requests carry the id, so that writing an event looks nothing up.
 *
 * @returns for a request: the id, or undefined without a session or an address, and where the database notes none
 */
export function createOrigins(
  pool: pg.Pool,
): (
  session: Session | undefined,
  address: string | null,
  userAgent: string | undefined,
) => Promise<string | undefined> {
  const known = new Map<string, { readonly at: number; readonly id: Promise<string | undefined> }>();

  return (session, address, userAgent) => {
    if (!session || address === null) return Promise.resolve(undefined);
    const client = userAgent?.slice(0, 500) ?? "";
    const key = `${session.signInId} ${address} ${client}`;
    const entry = known.get(key);
    if (entry && Date.now() - entry.at < maxAge) return entry.id;
    const id = noteOrigin(pool, session, address, client);
    known.delete(key);
    known.set(key, { at: Date.now(), id });
    // Not remembered when it failed, nor when there is none: a suspended session may be live again by the next request.
    id.then(
      (noted) => noted === undefined && known.delete(key),
      () => known.delete(key),
    );
    if (known.size > maxEntries) known.delete(known.keys().next().value!);
    return id;
  };
}

async function noteOrigin(
  pool: pg.Pool,
  session: Session,
  address: string,
  userAgent: string,
): Promise<string | undefined> {
  const { rows } = await onConnection(pool, (client) =>
    runInTransaction(
      client,
      { role: session.role, "session.token": session.token },
      {
        name: "bulkhead_note_origin",
        text: "select audit.note_origin($1, $2) as id",
        values: [address, userAgent],
      },
    ),
  );
  return (rows[0] as { id: string | null }).id ?? undefined;
}
