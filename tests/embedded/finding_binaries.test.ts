import {
  chmodSync,
  existsSync,
  mkdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { findBinaries } from "../../database/embedded/binaries.ts";
import { fallbackDirectory } from "../../database/embedded/fallback_directory.ts";
import { serverUser } from "../../database/embedded/user.ts";
import { finally_, isRoot, temporaryFolder } from "./support.ts";

/** A package laid out as npm leaves it when install scripts are off. */
function packageIn(folder: string): string {
  const home = join(folder, "native");
  for (const part of ["bin", "lib", "share/postgresql"]) mkdirSync(join(home, part), { recursive: true });
  for (const program of ["initdb", "postgres"])
    writeFileSync(join(home, "bin", program), program, { mode: 0o755 });
  writeFileSync(join(home, "lib", "libicuuc.so.60.2"), "library");
  writeFileSync(join(home, "share", "postgresql", "postgres.bki"), "catalogue");
  writeFileSync(
    join(home, "pg-symlinks.json"),
    JSON.stringify([{ source: "native/lib/libicuuc.so.60.2", target: "native/lib/libicuuc.so.60" }]),
  );
  return home;
}

const code = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return (error as { code: string }).code;
  }
};

it("finds version 18 in the npm package of this platform", () => {
  const { version, binDir, libDir } = findBinaries();
  expect(version).toBe("18");
  expect(existsSync(join(binDir, "initdb")) && existsSync(libDir)).toBe(true);
});

it("makes the library links that install scripts did not make, and may be asked again", () => {
  const home = packageIn(temporaryFolder());
  for (let time = 0; time < 2; time++) findBinaries("18", { home });
  expect(readlinkSync(join(home, "lib", "libicuuc.so.60"))).toBe("libicuuc.so.60.2");
});

it("says what is missing and how to get it", () => {
  expect(() => findBinaries("18", { home: temporaryFolder() })).toThrow(
    expect.objectContaining({ code: "BINARIES_MISSING", hint: expect.stringContaining("npm ci") }),
  );
  expect(() => findBinaries("15", { home: "/nowhere" })).toThrow(
    expect.objectContaining({ code: "BINARIES_MISSING", hint: expect.stringContaining("postgresql-15") }),
  );
});

describe.runIf(isRoot)("when the server's account cannot use the package", () => {
  it.each([
    ["a parent folder is closed", (folder: string) => chmodSync(folder, 0o700)],
    ["a program is closed", (folder: string) => chmodSync(join(folder, "native/bin/postgres"), 0o700)],
  ])("copies it once to a place that the account can use: %s", (_why, close) => {
    const folder = temporaryFolder();
    const home = packageIn(folder);
    close(folder);
    const said: string[] = [];
    const options = { home, user: serverUser(), log: (message: string) => said.push(message) };
    const first = findBinaries("18", options);
    finally_(() => rmSync(dirname(dirname(dirname(first.binDir))), { recursive: true }));
    expect(first.binDir.startsWith(folder)).toBe(false);
    expect(said).toEqual([expect.stringContaining(dirname(first.binDir))]);
    expect(statSync(join(first.binDir, "postgres")).mode & 0o777).toBe(0o755);
    expect(readlinkSync(join(first.libDir, "libicuuc.so.60"))).toBe("libicuuc.so.60.2");

    expect(findBinaries("18", options)).toEqual(first);
    expect(said).toHaveLength(1);

    // A cleaner of old temporary files takes single files.
    rmSync(join(first.binDir, "initdb"));
    findBinaries("18", options);
    expect(existsSync(join(first.binDir, "initdb"))).toBe(true);
  });
});

describe("the folder for copies, whose name anyone can guess", () => {
  const make = (): string => fallbackDirectory("test", import.meta.url, undefined);

  it("is ours and closed to others' writing", () => {
    const folder = make();
    finally_(() => rmSync(folder, { recursive: true }));
    expect(statSync(folder).mode & 0o022).toBe(0);
    expect(make()).toBe(folder);
  });

  it("is refused when others may write to it", () => {
    const folder = make();
    finally_(() => rmSync(folder, { recursive: true }));
    chmodSync(folder, 0o777);
    expect(code(make)).toBe("UNSAFE_DIRECTORY");
  });

  it("is refused when it is a link", () => {
    const folder = make();
    finally_(() => rmSync(folder));
    rmSync(folder, { recursive: true });
    symlinkSync(temporaryFolder(), folder);
    expect(code(make)).toBe("UNSAFE_DIRECTORY");
  });
});

describe.runIf(isRoot)("the account that Postgres runs as", () => {
  const passwd = (lines: string): string => {
    const file = join(temporaryFolder(), "passwd");
    writeFileSync(file, lines);
    return file;
  };
  const root = "root:x:0:0::/root:/bin/sh\n";

  it("is postgres, else nobody, and never root", () => {
    const nobody = `${root}nobody:x:65534:65534::/:/bin/false\n`;
    expect(serverUser(undefined, passwd(nobody))?.name).toBe("nobody");
    expect(serverUser(undefined, passwd(`${nobody}postgres:x:101:104::/:/bin/sh\n`))?.uid).toBe(101);
    expect(code(() => serverUser(undefined, passwd(`${root}postgres:x:0:0::/:/bin/sh\n`)))).toBe(
      "NO_UNPRIVILEGED_USER",
    );
  });

  it("is the owner of an existing data directory when passwd knows it", () => {
    const file = passwd(`${root}nobody:x:65534:65534::/:/bin/false\nanna:x:1000:1000::/:/bin/sh\n`);
    expect(serverUser(1000, file)?.name).toBe("anna");
    expect(serverUser(4242, file)?.name).toBe("nobody");
  });
});
