import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const temporary = mkdtempSync(path.join(os.tmpdir(), "bulkhead-commit-"));
const folder = path.join(temporary, "migrations");
const servers = path.join(temporary, "servers");

beforeAll(() => {
  chmodSync(temporary, 0o755);
  mkdirSync(servers);
});
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  cpSync(path.join(root, "migrations"), folder, { recursive: true });
});

/** `npm run db:commit -- …`, on a copy of the history. */
async function commit(...args: string[]): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [path.join(root, "database/commit.ts"), ...args, folder], {
    // A directory of its own for what it starts, which the server's account has to pass through.
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: servers },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (output += data));
  const [code] = (await once(child, "close")) as [number];
  return { code, output };
}

const current = () => readFileSync(path.join(folder, "current.sql"), "utf8");
const committed = () => readdirSync(path.join(folder, "committed")).sort();
const write = (text: string) => writeFileSync(path.join(folder, "current.sql"), text);
const statement =
  "set local role bulkhead_owner;\nalter table mail.inboxes add column colour text;\nreset role;\n";

test("what stands in current.sql becomes the next committed migration, chained to the one before", async () => {
  const before = committed();
  write(statement);
  const { code, output } = await commit("Give inboxes a colour");
  expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining("is committed") });
  const added = committed().filter((name) => !before.includes(name));
  const number = String(Number.parseInt(before.at(-1)!, 10) + 1).padStart(6, "0");
  expect(added).toEqual([`${number}-give-inboxes-a-colour.sql`]);
  const text = readFileSync(path.join(folder, "committed", added[0]!), "utf8");
  const last = readFileSync(path.join(folder, "committed", before.at(-1)!), "utf8");
  expect(/^--! Previous: (\S+)$/m.exec(text)![1]).toBe(/^--! Hash: (\S+)$/m.exec(last)![1]);
  expect(text).toContain(statement);
  expect(current().trim()).toBe("");
});

test.each([
  ["is empty", "\n"],
  ["holds comments alone", "-- nothing yet\n/* nor here */\n"],
])("a current.sql that %s is refused", async (_title, text) => {
  const before = committed();
  write(text);
  const { code, output } = await commit("Nothing");
  expect({ code, output }).toMatchObject({ code: 1, output: expect.stringMatching(/blank/i) });
  expect(committed()).toEqual(before);
  expect(current()).toBe(text);
});

test("one that the database refuses stays where it is, and the error says why", async () => {
  const before = committed();
  write("alter table mail.nope add column colour text;\n");
  const { code, output } = await commit("Broken");
  expect({ code, output }).toMatchObject({
    code: 1,
    output: expect.stringContaining('"mail.nope" does not exist'),
  });
  expect(output).not.toMatch(/^ +at /m);
  expect(committed()).toEqual(before);
  expect(current().trim()).toBe("alter table mail.nope add column colour text;");
});

test("without a message is refused before anything is started", async () => {
  const child = spawn(process.execPath, [path.join(root, "database/commit.ts")], { stdio: "ignore" });
  expect((await once(child, "close"))[0]).toBe(1);
});

test("leaves nothing of its server behind, refused or not", async () => {
  write(statement);
  await commit("Give inboxes a colour");
  await commit("Nothing is left");
  expect(readdirSync(servers)).toEqual([]);
});
