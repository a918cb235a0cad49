import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { generateNotaryKey } from "../../audit/generate_key.ts";
import { freePort } from "../../database/embedded/port.ts";
import { services } from "../../database/services.ts";
import { generateWorkerKeys } from "../../envelope/keys.ts";
import { startProduction } from "../../start/production.ts";
import type { Running } from "../../start/processes.ts";
import { developmentSettings } from "../../start/settings.ts";
import { generateKeyRing } from "../../worker/crypto/kek_local.ts";
import { createDatabase } from "../helpers/database.ts";
import { createWorkspace, asMember } from "../helpers/people.ts";
import { dataDirectory } from "./support.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const database = await createDatabase();
const owner = await createWorkspace(database, "Harbour");
const port = await freePort();
const keys = generateWorkerKeys();
const documents = path.join(await dataDirectory(), "documents.json");
await writeFile(documents, "{}");
const settings: NodeJS.ProcessEnv = {
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  DATABASE_URL: database.url("bulkhead_api"),
  PORT: String(port),
  PUBLIC_URL: `http://127.0.0.1:${port}`,
  PERSISTED_OPERATIONS: documents,
  WORKER_SERVICES: services.join(","),
  WORKER_PUBLIC_KEYS: keys.public,
  WORKER_PRIVATE_KEYS: keys.private,
  KEK_PROVIDER: "local",
  KEK_KEYRING: generateKeyRing(),
  NOTARY_PRIVATE_KEY: generateNotaryKey(),
  WORKOS_API_KEY: "sk_test",
  WORKOS_CLIENT_ID: "client_test",
  WORKOS_ISSUERS: "http://127.0.0.1:1",
  GOOGLE_CLIENT_ID: "client-of-production",
  GOOGLE_CLIENT_SECRET: "secret-of-production",
  ...Object.fromEntries(
    services.map((name) => [`${name.toUpperCase()}_DATABASE_URL`, database.url(`bulkhead_${name}`)]),
  ),
};
const lines: string[] = [];
const running: Running[] = [];
const stopAll = async () => void (await Promise.all(running.splice(0).map((one) => one.stop())));
afterAll(stopAll);

describe("with DATABASE_URL set", () => {
  test.each(developmentSettings)("%s is a refusal that names it, and nothing is started", async (name) => {
    const started = startProduction({ ...settings, NODE_ENV: "development", [name]: "canary" }, (line) =>
      lines.push(line),
    );
    await expect(started).rejects.toThrow(name);
    expect(lines).toEqual([]);
  });

  test(
    "even where NODE_ENV says development, no stand-in is spoken to and nothing of development is served",
    { timeout: 60_000 },
    async () => {
      running.push(
        ...(await startProduction({ ...settings, NODE_ENV: "development" }, (line) => lines.push(line))),
      );
      expect(running.map(({ name }) => name).sort()).toEqual(["api", "worker"]);
      while (!lines.some((line) => line.includes("worker: running"))) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const { rows } = await asMember(database, owner.accessToken, (client) =>
        client.query("select provider from connections.providers order by provider"),
      );
      expect(rows.map(({ provider }) => provider)).toEqual(["google", "google", "smtp_imap"]);
      const admin = database.pool("postgres", { max: 1 });
      const { rows: declared } = await admin.query(
        "select distinct split_part(authorize_url, '?', 1) as url from connections.providers where authorize_url is not null",
      );
      expect(declared).toEqual([{ url: "https://accounts.google.com/o/oauth2/v2/auth" }]);
      expect((await fetch(`${settings.PUBLIC_URL}/`)).status).toBe(404);
      const asked = await fetch(`${settings.PUBLIC_URL}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query: "{ __typename }" }),
      });
      expect(((await asked.json()) as any).errors[0].extensions.code).toBe("DOCUMENT_REQUIRED");
      await stopAll();
    },
  );

  test("no stand-in of a provider is loaded, and no package that is there for development only", () => {
    const { devDependencies } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
    const seen = new Set<string>();
    const packages = new Set<string>();
    const visit = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      // Imports that run as the file is loaded; import("…") is a decision taken later.
      for (const [, from] of readFileSync(file, "utf8").matchAll(
        /^(?:import|export)\s(?!type\b)[^;]*?["']([^"']+)["'];/gms,
      )) {
        if (from!.startsWith(".")) visit(path.resolve(path.dirname(file), from!));
        else packages.add(from!);
      }
    };
    for (const entry of ["start.ts", "server.ts", "worker.ts"]) visit(path.join(root, entry));
    expect(seen.size).toBeGreaterThan(100);
    const standins = [...seen]
      .map((file) => path.relative(root, file))
      .filter((file) => file.startsWith("tests/"));
    // The sign-in's is loaded with start.ts, needs nothing that is not there, and is started in development only.
    expect(standins.filter((file) => !/^tests\/standins\/workos(\.ts$|\/)/.test(file))).toEqual([]);
    expect([...packages].filter((name) => Object.hasOwn(devDependencies, name))).toEqual([]);
  });
});
