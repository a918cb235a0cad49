import { GraphQLError } from "postgraphile/graphql";
import { returnPath } from "../auth/return_to.ts";
import type { RequestSession } from "../sealed/types.ts";
import { startConnection } from "./start.ts";
import type { ConnectionDeps } from "./types.ts";

/**
 * What the mutation `startConnection` calls: one request's right to begin connections.
 *
 * @param cookies takes the cookie that the answer is to set
 */
export function starterOf(
  { config, pool }: Pick<ConnectionDeps, "config" | "pool">,
  session: RequestSession,
  cookies: string[],
): (input: {
  provider?: string;
  profile?: string;
  returnTo?: string | null;
}) => Promise<{ connectionId: string; authorizeUrl: string }> {
  return async ({ provider = "", profile = "", returnTo }) => {
    let path: string;
    try {
      path = returnPath(returnTo ?? null, config.publicUrl);
    } catch {
      throw new GraphQLError("the address to return to is not a path of this site", {
        extensions: { code: "REQUEST_MALFORMED" },
      });
    }
    const { connectionId, authorizeUrl, cookie } = await startConnection(
      { pool, workerPublicKeys: config.workerPublicKeys, secure: config.publicUrl.startsWith("https:") },
      { token: session.token, role: session.role },
      { provider, profile, returnTo: path },
    );
    cookies.push(cookie);
    return { connectionId, authorizeUrl };
  };
}
