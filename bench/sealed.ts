import { line, paired, rate } from "./measure.ts";
import { asker, startOpener, startServer } from "./processes.ts";
import type { BenchSystem } from "./system.ts";

/** Bodies over GraphQL: opened by the worker through sealed calls, against the same API opening them by itself. */
export async function sealedBodies(system: BenchSystem): Promise<string[]> {
  const worker = await startOpener(system);
  const api = await startServer(system, "server.ts");
  const inProcess = await startServer(system, "bench/in_process_server.ts", {
    PLAIN_URL: system.adminUrl,
    KEK_PROVIDER: "local",
    KEK_KEYRING: system.keys.ring,
  });
  const tenant = () => system.tenants[Math.floor(Math.random() * system.tenants.length)]!;
  const rows: string[] = [];
  for (const first of [1, 50]) {
    const body = () => ({ documentId: "bodies", variables: { first } });
    const ours = asker(api.url, body);
    const theirs = asker(inProcess.url, body);
    for (const clients of [1, 10, 50]) {
      const pair = await paired(
        () => rate(() => ours(tenant()), clients, 2),
        () => rate(() => theirs(tenant()), clients, 2),
        5,
      );
      rows.push(line(`(3) ${first} bodies a request, ${clients} connections: sealed | in-process`, pair));
    }
  }
  await Promise.all([api.stop(), inProcess.stop(), worker.stop()]);
  return rows;
}
