import { AuthError } from "./errors.ts";
import type { AuthContext } from "./types.ts";

/** What is counted; how much of each is allowed stands in `functions/session/allow.sql`. */
export type LimitedAction =
  "sign_in" | "callback" | "callback_state" | "refresh" | "sign_out" | "session" | "webhook";

/**
 * Counts a request against its address, or against `subject`.
 *
 * @throws {AuthError} `RATE_LIMITED` with the seconds to wait
 */
export async function limit(
  { pool, address }: Pick<AuthContext, "pool" | "address">,
  action: LimitedAction,
  subject: string | null = null,
): Promise<void> {
  const { rows } = await pool.query<{ allowed: boolean; retry_after: number | null }>(
    "select allowed, retry_after from session.allow($1, $2, $3)",
    [action, address, subject],
  );
  if (!rows[0]!.allowed) throw new AuthError("RATE_LIMITED", { retryAfter: rows[0]!.retry_after ?? 1 });
}
