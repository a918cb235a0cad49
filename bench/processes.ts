import { writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { freePort } from "../database/embedded/port.ts";
import { startProcess, untilHealthy, type Running } from "../start/processes.ts";
import type { BenchSystem } from "./system.ts";

/** The operations of the benchmarks, as trusted documents. */
export const documents = {
  page: "query Page { messages(first: 20, orderBy: SORT_AT_DESC) { nodes { rowId sentAt size attachmentCount } } }",
  bodies:
    "query Bodies($first: Int!) { messages(first: $first, orderBy: SORT_AT_DESC) { nodes { rowId body } } }",
};

/** The page as plain PostGraphile is asked for it: the tenant is the client's own condition. */
export const plainPage =
  "query Page($workspaceId: UUID!) { messages: allMessages(first: 20, orderBy: SORT_AT_DESC, condition: { workspaceId: $workspaceId }) { nodes { rowId sentAt size attachmentCount } } }";

const all = new Set<Running>();

/** Ends every process that a benchmark started, also after one that failed. */
export async function stopProcesses(): Promise<void> {
  await Promise.all([...all].map((running) => running.stop()));
}

const quiet = (line: string) => {
  if (process.env.BENCH_VERBOSE) console.error(line);
};

/** Starts `file` as an API of its own process and waits until it answers. */
export async function startServer(
  system: BenchSystem,
  file: string,
  settings: NodeJS.ProcessEnv = {},
): Promise<{ url: string; stop(): Promise<void> }> {
  const port = await freePort();
  const persisted = path.join(os.tmpdir(), `bulkhead-bench-${process.pid}.json`);
  await writeFile(persisted, JSON.stringify(documents));
  const running = startProcess(
    path.basename(file, ".ts"),
    file,
    {
      PATH: process.env.PATH,
      NODE_ENV: "production",
      GRAPHILE_ENV: "production",
      DATABASE_URL: system.url("bulkhead_api"),
      PORT: String(port),
      PUBLIC_URL: "https://bench.example.com",
      WORKER_PUBLIC_KEYS: system.keys.public,
      WORKOS_CLIENT_ID: "client_bench",
      PERSISTED_OPERATIONS: persisted,
      ...settings,
    },
    quiet,
  );
  all.add(running);
  const url = `http://127.0.0.1:${port}`;
  await untilHealthy(running, `${url}/healthz`);
  return { url, stop: () => running.stop() };
}

/** Starts the worker with the opener alone. */
export async function startOpener(system: BenchSystem): Promise<Running> {
  const ready = Promise.withResolvers<void>();
  const running = startProcess(
    "worker",
    "worker.ts",
    {
      PATH: process.env.PATH,
      NODE_ENV: "production",
      WORKER_SERVICES: "opener",
      OPENER_DATABASE_URL: system.url("bulkhead_opener"),
      WORKER_PRIVATE_KEYS: system.keys.private,
      KEK_PROVIDER: "local",
      KEK_KEYRING: system.keys.ring,
    },
    (line) => {
      quiet(line);
      if (line.includes("running")) ready.resolve();
    },
  );
  all.add(running);
  await Promise.race([
    ready.promise,
    running.exited.then(() => Promise.reject(new Error("the worker ended"))),
  ]);
  return running;
}

/** Asks one question over HTTP; throws on any error in the answer. */
export function asker(url: string, body: (tenant: BenchSystem["tenants"][number]) => object) {
  return async (tenant: BenchSystem["tenants"][number]): Promise<void> => {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${tenant.accessToken}` },
      body: JSON.stringify(body(tenant)),
    });
    const text = await response.text();
    if (response.status !== 200 || text.includes('"errors"')) throw new Error(text.slice(0, 300));
  };
}
