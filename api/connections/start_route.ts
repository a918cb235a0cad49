import { readJson, refuseCrossOrigin } from "../auth/request_guard.ts";
import { json } from "../auth/respond.ts";
import { returnPath } from "../auth/return_to.ts";
import { ConnectionRouteError } from "./errors.ts";
import { startConnection } from "./start.ts";
import type { ConnectionContext } from "./types.ts";

/** What `connections.start_connection` refuses with. */
const BY_SQLSTATE = {
  ZS001: "UNAUTHENTICATED",
  ZT001: "PERMISSION_DENIED",
  ZC001: "CONNECTION_PROVIDER_UNKNOWN",
  ZC002: "REQUEST_MALFORMED",
} as const;

/**
 * `POST /oauth/start/<provider>` with `Authorization: Bearer …` and `{ profile, return_to? }` →
 * `{ connection_id, authorize_url }`, and the cookie that binds the consent to this browser.
 */
export async function start(context: ConnectionContext): Promise<void> {
  const { request, response, pool, config, secure, provider } = context;
  refuseCrossOrigin(request, config.publicUrl);
  const token = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "")?.[1];
  if (token === undefined) throw new ConnectionRouteError("UNAUTHENTICATED");
  const { profile, return_to: asked } = await readJson(request);
  if (typeof profile !== "string" || (asked !== undefined && typeof asked !== "string")) {
    throw new ConnectionRouteError("REQUEST_MALFORMED");
  }
  const { rows } = await pool.query<{ reason: string | null }>(
    "select reason from session.authenticate($1)",
    [token],
  );
  if (rows[0]!.reason !== null) throw new ConnectionRouteError("UNAUTHENTICATED");
  const returnTo = returnPath(asked ?? null, config.publicUrl);
  try {
    const { connectionId, authorizeUrl, cookie } = await startConnection(
      { pool, workerPublicKeys: config.workerPublicKeys, secure },
      { token, role: "bulkhead_member" },
      { provider, profile, returnTo },
    );
    json(response, 200, { connection_id: connectionId, authorize_url: authorizeUrl }, [cookie]);
  } catch (error) {
    const code = (error as { code?: string }).code ?? "";
    throw Object.hasOwn(BY_SQLSTATE, code)
      ? new ConnectionRouteError(BY_SQLSTATE[code as keyof typeof BY_SQLSTATE])
      : error;
  }
}
