import { type Answer, type Standin, startStandin } from "./oauth/server.ts";

/** The hosts that it stands for. */
export const granolaHosts = ["public-api.granola.ai"];

/** Granola's notes API: a bearer key, until it is revoked. */
export async function startGranolaStandin(options: {
  readonly keys: readonly string[];
  readonly port?: number;
}): Promise<Standin & { revokeKey(key: string): void }> {
  const keys = new Set(options.keys);
  const standin = await startStandin((request): Answer => {
    const key = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (!key || !keys.has(key)) return { status: 401, json: { error: "unauthorized" } };
    if (request.path === "/v1/notes")
      return { status: 200, json: { notes: [], hasMore: false, cursor: null } };
    return { status: 404, json: { error: "not found" } };
  }, options.port);
  return { ...standin, revokeKey: (key) => void keys.delete(key) };
}
