import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { connect, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  failure,
  FAST,
  finally_,
  isRoot,
  PASSWORD,
  query,
  start,
  temporaryFolder,
  versions,
} from "./support.ts";

function connectionTo(host: string, port: number): Promise<string> {
  return new Promise((done) => {
    const socket = connect({ host, port });
    socket.once("connect", () => done("connected")).once("error", () => done("refused"));
    finally_(() => socket.destroy());
  });
}

/** Every other address of this machine; 127.0.0.2 stands for "not exactly 127.0.0.1" where Linux answers to it. */
function otherAddresses(): string[] {
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outside = own.filter((item) => !item.internal && item.family === "IPv4").map((item) => item.address);
  return process.platform === "linux" ? [...outside, "127.0.0.2"] : outside;
}

describe.each(versions)("Postgres %s", (version) => {
  it("starts on a new folder and keeps its data over a restart", async () => {
    const dataDir = join(temporaryFolder(), "data");
    const first = await start({ dataDir, version });
    const [row] = await query(first.superuserUrl, "select split_part(version(), ' ', 2) as version");
    expect(String(row?.["version"]).split(".")[0]).toBe(version);
    await query(first.superuserUrl, "create table kept as select 'still here' as note");
    await first.stop();

    const second = await start({ dataDir, version });
    expect(await query(second.superuserUrl, "select note from kept")).toEqual([{ note: "still here" }]);
    expect(second.pid).not.toBe(first.pid);
  });

  it("stores UTF-8, orders by code point, knows letters beyond ASCII, and checksums its pages", async () => {
    const server = await start({ dataDir: join(temporaryFolder(), "data"), version });
    const [row] = await query(
      server.superuserUrl,
      `select current_setting('server_encoding') as encoding, lower('É') as lower, 'Z' < 'a' as by_code_point,
         current_setting('data_checksums') as checksums, current_setting('timezone') as timezone`,
    );
    expect(row).toEqual({
      encoding: "UTF8",
      lower: "é",
      by_code_point: true,
      checksums: "on",
      timezone: "UTC",
    });
  });

  it("asks for a password by SCRAM on every kind of connection", async () => {
    const server = await start({ dataDir: join(temporaryFolder(), "data"), version });
    const rules = await query(server.superuserUrl, "select distinct auth_method from pg_hba_file_rules");
    expect(rules).toEqual([{ auth_method: "scram-sha-256" }]);
    const url = (password: string) => `postgres://postgres${password}@127.0.0.1:${server.port}/postgres`;
    expect((await failure(query(url(":wrong"), "select 1"))).code).toBe("28P01");
    await expect(query(url(""), "select 1")).rejects.toThrow(/password/);
  });

  it("listens on the loopback only and on no socket file, whatever the settings say", async () => {
    const settings = { ...FAST, listen_addresses: "*", unix_socket_directories: "/tmp" };
    const server = await start({ dataDir: join(temporaryFolder(), "data"), version, settings });
    expect(await connectionTo("127.0.0.1", server.port)).toBe("connected");
    for (const address of otherAddresses()) {
      expect([address, await connectionTo(address, server.port)]).toEqual([address, "refused"]);
    }
    expect(existsSync(`/tmp/.s.PGSQL.${server.port}`)).toBe(false);
  });

  it.runIf(isRoot)("runs as an account without privileges when we are root", async () => {
    const server = await start({ dataDir: join(temporaryFolder(), "data"), version });
    const status = readFileSync(`/proc/${server.pid}/status`, "utf8");
    const ids = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)![1]!.trim().split(/\s+/);
    expect(ids("Uid")).toHaveLength(4);
    expect([...ids("Uid"), ...ids("Gid"), ...ids("Groups")]).not.toContain("0");
    expect(statSync(server.dataDir)).toMatchObject({ uid: Number(ids("Uid")[0]) });
    expect(statSync(server.dataDir).mode & 0o077).toBe(0);
  });
});

it("applies the settings that it is given", async () => {
  const settings = { ...FAST, max_connections: 17 };
  const server = await start({ dataDir: join(temporaryFolder(), "data"), settings });
  expect(await query(server.superuserUrl, "show max_connections")).toEqual([{ max_connections: "17" }]);
});

it("uses the port that it is given", async () => {
  const first = await start({ dataDir: join(temporaryFolder(), "data") });
  await first.stop();
  const again = await start({ dataDir: first.dataDir, port: first.port });
  expect(again.port).toBe(first.port);
});

it("says that the port is taken before it starts anything", async () => {
  const blocker = createServer();
  await new Promise<void>((done) => blocker.listen(0, "127.0.0.1", done));
  finally_(() => new Promise((done) => blocker.close(done)));
  const { port } = blocker.address() as { port: number };
  const folder = temporaryFolder();
  const error = await failure(start({ dataDir: join(folder, "data"), port }));
  expect(error).toMatchObject({ code: "PORT_TAKEN", message: expect.stringContaining(String(port)) });
  expect(existsSync(join(folder, "postgres.log"))).toBe(false);
});

it("leaves the password in no file beside the data, in no log and on no command line", async () => {
  const folder = temporaryFolder();
  const server = await start({ dataDir: join(folder, "data") });
  expect(readdirSync(folder).sort()).toEqual(["data", "postgres.log"]);
  const texts = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path));
  if (process.platform === "linux") texts.push(readFileSync(`/proc/${server.pid}/cmdline`));
  expect(texts.some((text) => text.includes(PASSWORD))).toBe(false);
});

it.runIf(process.platform === "linux")("hides our environment from the server", async () => {
  process.env.PLANTED_SECRET = "planted";
  finally_(() => delete process.env.PLANTED_SECRET);
  const server = await start({ dataDir: join(temporaryFolder(), "data") });
  await query(server.superuserUrl, "create table seen (line text)");
  await query(server.superuserUrl, "copy seen from program 'env'");
  const lines = await query<{ line: string }>(server.superuserUrl, "select line from seen");
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.filter(({ line }) => line.includes("PLANTED"))).toEqual([]);
});

it("keeps failing statements and rows out of its log", async () => {
  const server = await start({ dataDir: join(temporaryFolder(), "data") });
  await failure(query(server.superuserUrl, "select 'planted' from nowhere"));
  await query(server.superuserUrl, "create table once (word text primary key)");
  await failure(query(server.superuserUrl, "insert into once values ('planted'), ('planted')"));
  const log = readFileSync(server.logFile, "utf8");
  expect(log).toContain("duplicate key");
  expect(log).not.toContain("planted");
});

it("refuses a start with another password and does not leave the server running", async () => {
  const dataDir = join(temporaryFolder(), "data");
  await (await start({ dataDir })).stop();
  const error = await failure(start({ dataDir, password: "another" }));
  expect(error.code).toBe("PASSWORD_REFUSED");
  expect(`${error.message} ${error.hint}`).not.toMatch(/another$|planted/);
  expect(existsSync(join(dataDir, "postmaster.pid"))).toBe(false);
});

it.each(["", "two\nlines"])("refuses the password %j", async (password) => {
  const error = await failure(start({ dataDir: join(temporaryFolder(), "data"), password }));
  expect(error.code).toBe("PASSWORD_REFUSED");
});

it("blames the setting, not the data, when a setting keeps it from starting", async () => {
  const error = await failure(
    start({ dataDir: join(temporaryFolder(), "data"), settings: { max_connections: "many" } }),
  );
  expect(error).toMatchObject({
    code: "SERVER_START_FAILED",
    message: expect.stringContaining("max_connections"),
  });
});

it("stops once, however often it is asked", async () => {
  const server = await start({ dataDir: join(temporaryFolder(), "data") });
  await Promise.all([server.stop(), server.stop()]);
  expect(await server.exited).toEqual({ code: 0, signal: null });
  await server.stop();
});

it.runIf(isRoot)(
  "keeps the data elsewhere, and says so, when the account cannot reach the wanted place",
  async () => {
    const closed = temporaryFolder(0o700);
    mkdirSync(join(closed, "checkout"));
    const wanted = join(closed, "checkout", "data");
    const said: string[] = [];
    const first = await start({ dataDir: wanted, log: (message) => said.push(message) });
    finally_(() => rmSync(dirname(first.dataDir), { recursive: true, force: true }));
    expect(first.dataDir.startsWith(closed)).toBe(false);
    expect(said.join()).toContain(first.dataDir);
    await first.stop();
    const second = await start({ dataDir: wanted });
    expect(second.dataDir).toBe(first.dataDir);
  },
);

it.runIf(isRoot)("makes missing folders enterable for the account, also under a strict umask", async () => {
  const umask = process.umask(0o077);
  finally_(() => process.umask(umask));
  const folder = temporaryFolder();
  const server = await start({ dataDir: join(folder, ".data", "inner", "postgres") });
  expect(server.dataDir).toBe(join(folder, ".data", "inner", "postgres"));
});
