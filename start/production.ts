import { developmentSettings, environmentFor, missingSettings } from "./settings.ts";
import { startProcess, untilHealthy, type Running } from "./processes.ts";

/**
 * Starts the API and the worker on a database that is there and deployed. Nothing embedded, no stand-in: whatever
 * NODE_ENV says, both run as in production, where neither has an ear for one.
 * @throws naming every missing setting at once, and those that only development has
 */
export async function startProduction(
  env: NodeJS.ProcessEnv,
  print: (line: string) => void,
): Promise<Running[]> {
  const missing = missingSettings(env);
  if (missing.length > 0) {
    throw new Error(
      `DATABASE_URL is set, so this is production, and these settings are missing: ${missing.join(", ")}. ` +
        "See SETTINGS.md; without DATABASE_URL a development system starts.",
    );
  }
  const misplaced = developmentSettings.filter((name) => env[name]);
  if (misplaced.length > 0) {
    throw new Error(
      `DATABASE_URL is set, so this is production, and these are for development only: ${misplaced.join(", ")}`,
    );
  }
  const settings = { ...env, NODE_ENV: "production", GRAPHILE_ENV: "production" };
  const worker = startProcess("worker", "worker.ts", environmentFor("worker", settings), print);
  const api = startProcess("api", "server.ts", environmentFor("api", settings), print);
  try {
    await untilHealthy(api, `http://${env.HOST ?? "127.0.0.1"}:${env.PORT ?? 5678}/healthz`);
  } catch (error) {
    await Promise.all([api.stop(), worker.stop()]);
    throw error;
  }
  return [api, worker];
}
