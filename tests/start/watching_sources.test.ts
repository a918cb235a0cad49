import { appendFile, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { urlFor, withClient } from "../../database/connect.ts";
import { copyProject, dataDirectory, freePorts, start, stop, type Start } from "./support.ts";

const base = await copyProject();
const data = await dataDirectory();
const ports = await freePorts();
const file = (name: string) => path.join(base, name);
let system: Start;
let adminUrl: string;

beforeAll(async () => {
  system = start({ ...ports, BULKHEAD_DATA: data }, ["--watch"], base);
  await system.until("Bulkhead runs");
  const keys = JSON.parse(await readFile(path.join(data, "keys", "development.json"), "utf8"));
  adminUrl = urlFor(`postgres://127.0.0.1:${ports.POSTGRES_PORT}/bulkhead`, {
    user: "postgres",
    password: keys.postgresPassword,
  });
}, 120_000);

/** Changes something and waits until the watch has dealt with it; what it printed. */
async function change(work: () => Promise<void>, until: RegExp = /dev +│ done/): Promise<string> {
  const before = system.output().length;
  await work();
  const printed = () => system.output().slice(before);
  while (!until.test(printed())) {
    expect(system.child.exitCode, printed()).toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return printed();
}

const policies = async () =>
  withClient(adminUrl, async (client) => {
    const { rows } = await client.query(
      "select policyname from pg_policies where tablename = 'teams' order by 1",
    );
    return rows.map((row) => row.policyname as string);
  });
const answers = async () =>
  (await fetch(`http://127.0.0.1:${ports.PORT}/healthz`).catch(() => null))?.status ?? null;

describe("npm run dev", { timeout: 60_000 }, () => {
  const policy = file("policies/tenancy/teams.sql");

  test("a changed policy is in force, and the processes know of it", async () => {
    const former = await policies();
    const added =
      "\ncreate policy select_again on tenancy.teams for select to bulkhead_member\n  using (workspace_id = (select session.workspace_with('teams.read')));\n";
    const output = await change(() => appendFile(policy, added));
    expect(output).toContain("functions and policies: applied");
    expect(output).toMatch(/api +│ API:/);
    expect(await policies()).toEqual([...former, "select_again"].sort());
    expect(await answers()).toBe(200);
  });

  test("a broken one is named with its line and changes nothing; mended, it is applied", async () => {
    const text = await readFile(policy, "utf8");
    const before = await policies();
    const output = await change(() => appendFile(policy, "create polcy x;\n"), /syntax error/);
    expect(output).toMatch(/policies\/tenancy\/teams\.sql:\d+: syntax error/);
    expect(await policies()).toEqual(before);
    expect(await answers()).toBe(200);
    await change(() => writeFile(policy, text.replace(/\ncreate policy select_again[^;]*;\n/, "")));
    expect(await policies()).toEqual(before.filter((name) => name !== "select_again"));
  });

  test.each([
    ["api/http/headers.ts", /api +│ API:/, /worker +│ worker: running/],
    ["worker/tasks/clean_up.ts", /worker +│ worker: running/, /api +│ API:/],
  ])("%s starts its own process anew, and no other", async (name, own, other) => {
    const output = await change(() => appendFile(file(name), "\n// A change.\n"), own);
    expect(output).not.toMatch(other);
    expect(await answers()).toBe(200);
  });

  test("code that does not even parse is not the end: the next change is another try", async () => {
    const name = file("api/http/headers.ts");
    const text = await readFile(name, "utf8");
    const output = await change(
      () => writeFile(name, `${text}\nthis is no typescript (\n`),
      /api ended while/,
    );
    expect(output).toContain("ERR_INVALID_TYPESCRIPT_SYNTAX");
    expect(await answers()).toBeNull();
    await change(() => writeFile(name, text));
    expect(await answers()).toBe(200);
  });

  test("Ctrl-C stops all of it", async () => {
    expect(await stop(system)).toBe(0);
    expect(await answers()).toBeNull();
  });
});
