import pg from "pg";
import { type ProviderCall, recordProviderCall } from "../audit/provider_call.ts";

/** Writes provider calls into the audit log on a connection of its own: what was called stays called, whatever a job rolls back. */
export interface CallRecorder {
  readonly record: (workspaceId: string, call: ProviderCall) => Promise<void>;
  end(): Promise<void>;
}

/** @param databaseUrl of the service's own login: that is the name that the event bears. Connects when there is something to write. */
export function createCallRecorder(databaseUrl: string): CallRecorder {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 1,
    application_name: "bulkhead worker events",
    connectionTimeoutMillis: 10_000,
  });
  pool.on("error", () => {});
  let ended: Promise<void> | undefined;
  return {
    record: (workspaceId, call) => recordProviderCall(pool, workspaceId, call),
    end: () => (ended ??= pool.end()),
  };
}
