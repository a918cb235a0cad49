import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { demoWorkspaces } from "../../demo/people.ts";
import { signInAs } from "../../demo/sign_in.ts";
import { environmentFor } from "../../start/settings.ts";
import { dataDirectory, freePorts, start, stop } from "./support.ts";

const data = await dataDirectory();
const ports = await freePorts();
const apiUrl = `http://127.0.0.1:${ports.PORT}`;

describe("npm start", () => {
  test(
    "starts a whole system, says where to look, and shows each person their own company's mail only",
    { timeout: 120_000 },
    async () => {
      const system = start({ ...ports, BULKHEAD_DATA: data });
      await system.until("Bulkhead runs");
      expect(system.output()).toContain(`${apiUrl}/graphql`);
      const seen = new Map<string, string[]>();
      for (const workspace of demoWorkspaces) {
        const { accessToken } = await signInAs(apiUrl, workspace.owner, workspace.organizationId);
        const response = await fetch(`${apiUrl}/graphql`, {
          method: "POST",
          headers: { "content-type": "application/json", authorization: `Bearer ${accessToken}` },
          body: JSON.stringify({
            query:
              "{ messages(first: 100) { nodes { rowId subject from { name address } to { address } body } } }",
          }),
        });
        const { data: answer, errors } = (await response.json()) as any;
        expect(errors).toBeUndefined();
        expect(answer.messages.nodes.length).toBeGreaterThanOrEqual(20);
        for (const message of answer.messages.nodes) expect(message.body).toEqual(expect.any(String));
        const senders = answer.messages.nodes.flatMap(({ from }: any) => (from ? [from.address] : []));
        expect(senders.length).toBeGreaterThan(15);
        for (const sender of senders) expect(system.output()).not.toContain(sender);
        seen.set(
          workspace.name,
          answer.messages.nodes.map((node: { rowId: string }) => node.rowId),
        );
      }
      const [a, b] = [...seen.values()];
      expect(a!.filter((id) => b!.includes(id))).toEqual([]);
      expect(await stop(system)).toBe(0);
      await expect(fetch(`${apiUrl}/healthz`)).rejects.toThrow();
    },
  );

  test("keeps the data at a second start, and loads the demo once", { timeout: 120_000 }, async () => {
    const system = start({ ...ports, BULKHEAD_DATA: data });
    await system.until("Bulkhead runs");
    expect(system.output()).not.toContain("messages sealed into");
    expect(await stop(system)).toBe(0);
  });

  test("prints no key, password or token", { timeout: 120_000 }, async () => {
    const system = start({ ...ports, BULKHEAD_DATA: data });
    await system.until("Bulkhead runs");
    await stop(system);
    const keys = JSON.parse(await readFile(path.join(data, "keys", "development.json"), "utf8"));
    const { bulkhead_auditor: _shown, ...passwords } = keys.passwords;
    for (const secret of [keys.postgresPassword, keys.workosApiKey, ...Object.values<string>(passwords)]) {
      expect(system.output()).not.toContain(secret);
    }
    const kek = JSON.parse(keys.keyRing);
    for (const key of Object.values<string>(kek.keys)) expect(system.output()).not.toContain(key);
  });

  test("says which port is taken and ends with 1", { timeout: 60_000 }, async () => {
    const holder = createServer().listen(Number(ports.POSTGRES_PORT), "127.0.0.1");
    await once(holder, "listening");
    const system = start({ ...ports, BULKHEAD_DATA: data });
    await once(system.child, "exit");
    holder.close();
    expect(system.output()).toContain(ports.POSTGRES_PORT);
    expect(system.child.exitCode).toBe(1);
  });

  test("says that a data directory is corrupt and ends with 1", { timeout: 60_000 }, async () => {
    const broken = await dataDirectory();
    const system = start({ ...ports, BULKHEAD_DATA: broken });
    await system.until("Bulkhead runs");
    await stop(system);
    await writeFile(path.join(broken, "postgres", "PG_VERSION"), "7\n");
    const again = start({ ...ports, BULKHEAD_DATA: broken });
    await once(again.child, "exit");
    expect(again.child.exitCode).toBe(1);
    expect(again.output()).toContain("was made by Postgres 7");
    expect(again.output()).toContain("restore it from a backup");
  });

  test(
    "in production names every missing setting in one message and starts nothing",
    { timeout: 60_000 },
    async () => {
      const system = start({ DATABASE_URL: "postgres://bulkhead_api@127.0.0.1:1/none", BULKHEAD_DATA: data });
      await once(system.child, "exit");
      expect(system.child.exitCode).toBe(1);
      for (const name of [
        "PUBLIC_URL",
        "WORKER_PUBLIC_KEYS",
        "WORKER_PRIVATE_KEYS",
        "KEK_PROVIDER",
        "WORKOS_API_KEY",
        "OPENER_DATABASE_URL",
      ]) {
        expect(system.output()).toContain(name);
      }
      expect(system.output()).not.toContain("starting a development system");
    },
  );
});

describe("the settings of a process", () => {
  test("the API is given no key and no provider credential (NUM-35, DSK-13)", () => {
    const everything = {
      DATABASE_URL: "a",
      WORKER_PRIVATE_KEYS: "b",
      KEK_KEYRING: "c",
      WORKOS_API_KEY: "d",
      AWS_SECRET_ACCESS_KEY: "e",
      OPENER_DATABASE_URL: "f",
      WORKER_PUBLIC_KEYS: "g",
    };
    expect(environmentFor("api", everything)).toEqual({ DATABASE_URL: "a", WORKER_PUBLIC_KEYS: "g" });
    expect(environmentFor("worker", everything)).not.toHaveProperty("DATABASE_URL");
  });
});
