import { chownSync, cpSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { failure, isRoot, query, start, temporaryFolder, versions } from "./support.ts";

async function stoppedDatabase(): Promise<string> {
  const server = await start({ dataDir: join(temporaryFolder(), "data") });
  await server.stop();
  return server.dataDir;
}

describe("a corrupt data directory", () => {
  it("is refused when it is something else", async () => {
    const dataDir = join(temporaryFolder(), "data");
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, "letter.txt"), "dear reader");
    const error = await failure(start({ dataDir }));
    expect(error).toMatchObject({
      code: "DATA_DIRECTORY_CORRUPT",
      message: expect.stringContaining("PG_VERSION"),
    });
    expect(readdirSync(dataDir)).toEqual(["letter.txt"]);
  });

  it.runIf(versions.length === 2)("is refused when another version made it", async () => {
    const error = await failure(start({ dataDir: await stoppedDatabase(), version: "15" }));
    expect(error).toMatchObject({
      code: "DATA_DIRECTORY_CORRUPT",
      message: expect.stringContaining("Postgres 18"),
    });
  });

  it("is refused when its control file is gone", async () => {
    const dataDir = await stoppedDatabase();
    rmSync(join(dataDir, "global", "pg_control"));
    expect(await failure(start({ dataDir }))).toMatchObject({ code: "DATA_DIRECTORY_CORRUPT" });
  });

  it("is refused with the server's own last lines when the server gives up", async () => {
    const dataDir = await stoppedDatabase();
    writeFileSync(join(dataDir, "global", "pg_control"), Buffer.alloc(8192));
    const error = await failure(start({ dataDir }));
    expect(error).toMatchObject({
      code: "DATA_DIRECTORY_CORRUPT",
      message: expect.stringMatching(/FATAL|PANIC/),
    });
    expect(error.hint).toContain("backup");
  });
});

it("takes an empty folder for a new one", async () => {
  const dataDir = join(temporaryFolder(), "data");
  mkdirSync(dataDir);
  await start({ dataDir });
});

it("never has half a database: what an interrupted initdb left is cleared, and its password with it", async () => {
  const folder = temporaryFolder();
  // No process ever has this number: it is above the kernel's limit.
  const left = join(folder, ".data.initdb-99999999-00");
  mkdirSync(join(left, "data"), { recursive: true });
  writeFileSync(join(left, "password"), "planted");
  const running = join(folder, `.data.initdb-${process.pid}-00`);
  mkdirSync(running);
  await start({ dataDir: join(folder, "data") });
  expect(readdirSync(folder).sort()).toEqual([`.data.initdb-${process.pid}-00`, "data", "postgres.log"]);
});

it("leaves nothing behind when initdb fails", async () => {
  const folder = temporaryFolder();
  const home = join(folder, "postgres");
  mkdirSync(join(home, "bin"), { recursive: true });
  const { initialise } = await import("../../database/embedded/data_directory.ts");
  writeFileSync(join(home, "bin", "initdb"), "#!/bin/sh\necho initdb: no room >&2\nexit 1\n", {
    mode: 0o755,
  });
  const binaries = { version: "18", binDir: join(home, "bin"), libDir: home } as const;
  const error = await failure(initialise(join(folder, "data"), binaries, "planted", undefined));
  expect(error).toMatchObject({
    code: "DATA_DIRECTORY_CORRUPT",
    message: expect.stringContaining("no room"),
  });
  expect(readdirSync(folder)).toEqual(["postgres"]);
});

it.runIf(isRoot)("serves a copy that root made, as the account without privileges", async () => {
  const dataDir = await stoppedDatabase();
  const copy = join(temporaryFolder(), "copy");
  cpSync(dataDir, copy, { recursive: true });
  chownSync(copy, 0, 0);
  const server = await start({ dataDir: copy });
  expect(statSync(copy).uid).toBe(statSync(dataDir).uid);
  expect(await query(server.superuserUrl, "select 1 as one")).toEqual([{ one: 1 }]);
});

it.runIf(isRoot)("runs as the owner of an existing data directory, so both keep their access", async () => {
  const dataDir = await stoppedDatabase();
  const nobody = 65534;
  const own = (path: string) => chownSync(path, nobody, nobody);
  own(dataDir);
  for (const path of readdirSync(dataDir, { recursive: true, encoding: "utf8" })) own(join(dataDir, path));
  const server = await start({ dataDir });
  expect(statSync(`/proc/${server.pid}`).uid).toBe(nobody);
});
