import { loadDemo } from "./demo/load.ts";
import { banner } from "./start/banner.ts";
import { startDevelopment } from "./start/development.ts";
import { startProduction } from "./start/production.ts";
import { watchSources } from "./start/watch.ts";

// npm start: with DATABASE_URL the API and the worker on that database; without it a whole development system.
const print = (line: string) => console.log(line);
const began = Date.now();

let stop = async () => {};
let stopping = false;
const end = async (code: number) => {
  if (stopping) return;
  stopping = true;
  await stop().catch((error) => console.error(String(error)));
  process.exit(code);
};
const ended = new Promise<void>((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve());
});

try {
  if (process.env.DATABASE_URL) {
    const running = await startProduction(process.env, print);
    stop = async () => {
      for (const part of running) await part.stop();
    };
    const failed = Promise.race(running.map((part) => part.exited.then(() => part.name)));
    const name = await Promise.race([failed, ended]);
    if (name) console.error(`the ${name} process ended: see its lines above`);
    await end(name ? 1 : 0);
  } else {
    const ports = {
      api: port("PORT", 5678),
      signIn: port("SIGN_IN_PORT", 5679),
      postgres: port("POSTGRES_PORT", 5680),
      smtp: port("SMTP_PORT", 5681),
      imap: port("IMAP_PORT", 5682),
    };
    print("bulkhead: starting a development system (Ctrl-C stops it)");
    const watching = process.argv.includes("--watch");
    const development = await Promise.race([
      startDevelopment(ports, print, watching),
      ended.then(() => null),
    ]);
    if (!development) {
      await end(0);
    } else {
      stop = () => development.stop();
      await loadDemo(development, print);
      if (watching) watchSources(development, print);
      print(banner(development, Date.now() - began));
      const failed = await Promise.race([development.failed, ended]);
      if (failed) console.error(`the ${failed} process ended: see its lines above`);
      else print("bulkhead: stopping");
      await end(failed ? 1 : 0);
    }
  }
} catch (error) {
  const { message, hint } = error as Error & { hint?: string };
  console.error(`\nbulkhead: ${message}${hint ? `\n${hint}` : ""}`);
  await end(1);
}

function port(name: string, fallback: number): number {
  const text = process.env[name];
  if (text === undefined || text === "") return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535) throw new Error(`${name} is no port number`);
  return value;
}
