import { environmentFor, missingSettings } from "./settings.ts";
import { startProcess, untilHealthy, type Running } from "./processes.ts";

/**
 * Starts the API and the worker on a database that is there and deployed. Nothing embedded, no stand-in.
 * @throws naming every missing setting at once
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
  const worker = startProcess("worker", "worker.ts", environmentFor("worker", env), print);
  const api = startProcess("api", "server.ts", environmentFor("api", env), print);
  try {
    await untilHealthy(api, `http://${env.HOST ?? "127.0.0.1"}:${env.PORT ?? 5678}/healthz`);
  } catch (error) {
    await Promise.all([api.stop(), worker.stop()]);
    throw error;
  }
  return [api, worker];
}
