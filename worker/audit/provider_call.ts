/** One call to an outside provider, as the audit log tells of it: names and codes only. */
export interface ProviderCall {
  readonly provider: string;
  readonly operation: string;
  readonly success: boolean;
  /** Null where it went well. */
  readonly errorCode: string | null;
  readonly durationMs: number;
}

/**
 * Runs a call to a provider and tells of it, however it ends, before its outcome is handed on.
 *
 * @throws what the call throws; what `tell` throws, so that no call goes unrecorded
 */
export async function measureCall<Result>(
  provider: string,
  operation: string,
  call: () => Promise<Result>,
  tell: (call: ProviderCall) => void | Promise<void>,
): Promise<Result> {
  const started = performance.now();
  const ended = (errorCode: string | null): ProviderCall => ({
    provider,
    operation,
    success: errorCode === null,
    errorCode,
    durationMs: Math.round(performance.now() - started),
  });
  let result: Result;
  try {
    result = await call();
  } catch (error) {
    const { code } = (error ?? {}) as { code?: unknown };
    await tell(ended(typeof code === "string" && /^[A-Z][A-Z0-9_]{0,63}$/.test(code) ? code : "FAILED"));
    throw error;
  }
  await tell(ended(null));
  return result;
}

interface Queryable {
  query(text: string, values: unknown[]): Promise<unknown>;
}

/** Writes a provider call into a workspace's audit log. In a ticket's transaction that is the ticket's: null. */
export async function recordProviderCall(
  client: Queryable,
  workspaceId: string | null,
  { provider, operation, success, errorCode, durationMs }: ProviderCall,
): Promise<void> {
  await client.query("select audit.provider_called($1, $2, $3, $4, $5, $6)", [
    provider,
    operation,
    success,
    errorCode,
    durationMs,
    workspaceId,
  ]);
}
