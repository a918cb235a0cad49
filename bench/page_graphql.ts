import { line, paired, rate } from "./measure.ts";
import { asker, plainPage, startServer } from "./processes.ts";
import type { BenchSystem } from "./system.ts";

/** The page over GraphQL: sessions, roles, limits and trusted documents, against plain PostGraphile as the superuser. */
export async function pageByGraphql(system: BenchSystem): Promise<string[]> {
  const api = await startServer(system, "server.ts");
  const plain = await startServer(system, "bench/plain_server.ts", { PLAIN_URL: system.adminUrl });
  const tenant = () => system.tenants[Math.floor(Math.random() * system.tenants.length)]!;
  const ours = asker(api.url, () => ({ documentId: "page" }));
  const theirs = asker(plain.url, ({ workspaceId }) => ({ query: plainPage, variables: { workspaceId } }));
  const rows: string[] = [];
  for (const clients of [1, 16, 64]) {
    const pair = await paired(
      () => rate(() => ours(tenant()), clients, 2),
      () => rate(() => theirs(tenant()), clients, 2),
      5,
    );
    rows.push(line(`(2, 4) page over GraphQL, ${clients} connections: ours | plain superuser`, pair));
  }
  await Promise.all([api.stop(), plain.stop()]);
  return rows;
}
