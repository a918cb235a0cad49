import { LimitError } from "./limit_error.ts";

/**
 * Refuses a request body that is a list of requests: every limit holds for one request, so a batch would multiply them.
 *
 * @throws LimitError BATCHING_DISABLED
 */
export function refuseBatch(body: unknown): void {
  if (Array.isArray(body)) {
    throw new LimitError("BATCHING_DISABLED", "one request carries one operation", {
      operations: body.length,
    });
  }
}
