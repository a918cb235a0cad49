import { execFile, spawn, type ExecFileException } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import { expect, it } from "vitest";
import { finally_, temporaryFolder } from "./support.ts";

const script = new URL("../../scripts/prepare.mjs", import.meta.url).pathname;
const ownBin = new URL("../../node_modules/.bin", import.meta.url).pathname;

/** A clone in small: one local package that brings a `node`, as the platform's package does, and no node_modules. */
function clone(): string {
  const folder = temporaryFolder();
  const save = (path: string, content: unknown, mode = 0o644) =>
    writeFileSync(join(folder, path), typeof content === "string" ? content : JSON.stringify(content), {
      mode,
    });
  for (const path of ["scripts", "vendor/node/bin", ".cache"])
    mkdirSync(join(folder, path), { recursive: true });
  cpSync(script, join(folder, "scripts/prepare.mjs"));
  save("vendor/node/package.json", { name: "node-here", version: "1.0.0", bin: { node: "bin/node" } });
  save("vendor/node/bin/node", `#!/bin/sh\nFROM_PACKAGE=yes exec "${process.execPath}" "$@"\n`, 0o755);
  const dependencies = { "node-here": "file:vendor/node" };
  save("package.json", {
    name: "small",
    version: "1.0.0",
    scripts: {
      // Runs inside npm ci: counts the installations.
      preinstall: "echo installed >> .cache/count",
      pretest: "node scripts/prepare.mjs",
      test: `node -p "'node from package: ' + process.env.FROM_PACKAGE"`,
    },
    dependencies,
  });
  save("package-lock.json", {
    name: "small",
    version: "1.0.0",
    lockfileVersion: 3,
    requires: true,
    packages: {
      "": { name: "small", version: "1.0.0", hasInstallScript: true, dependencies },
      "node_modules/node-here": { resolved: "vendor/node", link: true },
      "vendor/node": { name: "node-here", version: "1.0.0", bin: { node: "bin/node" } },
    },
  });
  return folder;
}

/** PATH as on a machine that never saw this checkout. */
const PATH = process.env
  .PATH!.split(delimiter)
  .filter((part) => part !== ownBin && !part.includes("node_modules/"))
  .join(delimiter);

type Result = { code: number; output: string };

function command(
  folder: string,
  program: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<Result> {
  return new Promise((done) => {
    const options = { cwd: folder, env: { HOME: process.env.HOME ?? folder, PATH, ...env } };
    execFile(program, args, options, (error: ExecFileException | null, stdout, stderr) =>
      done({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
    );
  });
}

const prepare = (folder: string, env?: Record<string, string>) =>
  command(folder, process.execPath, ["scripts/prepare.mjs"], env);

const installations = (folder: string): number =>
  existsSync(join(folder, ".cache/count"))
    ? readFileSync(join(folder, ".cache/count"), "utf8").trim().split("\n").length
    : 0;

it("makes `npm test` enough on a fresh clone, and runs it with the Node that the packages bring", async () => {
  const folder = clone();
  const first = await command(folder, "npm", ["test"]);
  expect(first).toMatchObject({ code: 0, output: expect.stringContaining("node from package: yes") });
  expect(installations(folder)).toBe(1);
  expect((await command(folder, "npm", ["test"])).code).toBe(0);
  expect(installations(folder)).toBe(1);
});

it("installs again when package-lock.json has changed, not when it is only younger", async () => {
  const folder = clone();
  await prepare(folder);
  const lockfile = join(folder, "package-lock.json");
  const later = new Date(Date.now() + 60_000);
  utimesSync(lockfile, later, later);
  expect((await prepare(folder)).code).toBe(0);
  expect(installations(folder)).toBe(1);

  for (const path of ["package.json", "package-lock.json", "vendor/node/package.json"]) {
    writeFileSync(
      join(folder, path),
      readFileSync(join(folder, path), "utf8").replaceAll(
        '"node-here","version":"1.0.0"',
        '"node-here","version":"1.0.1"',
      ),
    );
  }
  utimesSync(lockfile, new Date(later.getTime() + 60_000), new Date(later.getTime() + 60_000));
  expect((await prepare(folder)).code).toBe(0);
  expect(installations(folder)).toBe(2);
});

it("installs again after an installation that did not finish", async () => {
  const folder = clone();
  await prepare(folder);
  rmSync(join(folder, "node_modules/.package-lock.json"));
  await prepare(folder);
  expect(installations(folder)).toBe(2);
});

it("installs once when several commands start at the same time", async () => {
  const folder = clone();
  const results = await Promise.all([prepare(folder), prepare(folder), prepare(folder)]);
  expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(installations(folder)).toBe(1);
  expect(readdirSync(join(folder, ".cache"))).toEqual(["count"]);
});

it.runIf(process.platform === "linux")(
  "waits for a living holder of the lock and ignores a dead one, also when its number is in use again",
  async () => {
    const folder = clone();
    const lock = join(folder, ".cache/prepare.lock");
    // Our own process id with another time of birth: the number of a dead holder, used again.
    writeFileSync(lock, JSON.stringify({ pid: process.pid, life: "before the last boot" }));
    expect((await prepare(folder)).code).toBe(0);

    rmSync(join(folder, "node_modules"), { recursive: true });
    const holder = spawn("sleep", ["60"]);
    finally_(() => holder.kill());
    const fields = readFileSync(`/proc/${holder.pid}/stat`, "utf8").split(") ").at(-1)!.split(" ");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    writeFileSync(lock, JSON.stringify({ pid: holder.pid, life: `${boot} ${fields[19]}` }));
    const waiting = spawn(process.execPath, ["scripts/prepare.mjs"], { cwd: folder, env: { PATH } });
    const ended = new Promise((done) => waiting.once("close", done));
    await new Promise((done) =>
      waiting.stdout.on("data", (text) => String(text).includes("waiting") && done(0)),
    );
    expect(existsSync(join(folder, "node_modules"))).toBe(false);
    holder.kill();
    expect(await ended).toBe(0);
    expect(installations(folder)).toBe(2);
  },
);

it("ends with the reason when npm ci fails", async () => {
  const folder = clone();
  writeFileSync(join(folder, "package-lock.json"), "{}");
  const result = await prepare(folder);
  expect(result).toMatchObject({ code: 1, output: expect.stringContaining("npm ci failed") });
});

it("takes a Node that does not run here off PATH, so that it does not hide the system's own", async () => {
  const folder = clone();
  writeFileSync(join(folder, "vendor/node/bin/node"), "#!/lib/absent-loader\n", { mode: 0o755 });
  expect((await prepare(folder)).code).toBe(0);
  expect(existsSync(join(folder, "node_modules/.bin/node"))).toBe(false);
});

it.runIf(existsSync("/usr/bin/node"))("says which Node is needed when there is none", async () => {
  const version = (await command("/", "/usr/bin/node", ["--version"])).output;
  const folder = clone();
  writeFileSync(join(folder, "vendor/node/bin/node"), "#!/lib/absent-loader\n", { mode: 0o755 });
  const result = await command(folder, "/usr/bin/node", ["scripts/prepare.mjs"]);
  if (Number(version.slice(1, 3)) >= 24) return expect(result.code).toBe(0);
  expect(result).toMatchObject({ code: 1, output: expect.stringContaining("Node 22.18 or newer is needed") });
});
