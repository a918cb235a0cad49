import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { failure, FAST, finally_, PASSWORD, query, start, temporaryFolder, versions } from "./support.ts";

/** Starts a server from another Node process, as `npm start` would, and answers when it is ready. */
async function launcher(dataDir: string, version: string) {
  const source = new URL("../../database/embedded/server.ts", import.meta.url).href;
  const script = `
    const { startPostgres } = await import(${JSON.stringify(source)});
    const server = await startPostgres(${JSON.stringify({ dataDir, version, password: PASSWORD, settings: FAST })});
    console.log(JSON.stringify({ pid: server.pid, url: server.superuserUrl }));
    process.on("message", () => process.exit(3));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  finally_(() => child.kill("SIGKILL"));
  const [line] = (await once(child.stdout!, "data")) as [Buffer];
  const { pid, url } = JSON.parse(line.toString()) as { pid: number; url: string };
  finally_(() => isAlive(pid) && process.kill(pid, "SIGKILL"));
  return { child, pid, url };
}

/** A process whose new parent has not collected it yet (a zombie) has ended all the same. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

it.each(versions)(
  "stops a Postgres %s that outlived its launcher, keeps its data, and starts",
  async (version) => {
    const dataDir = join(temporaryFolder(), "data");
    const old = await launcher(dataDir, version);
    await query(old.url, "create table kept as select 7 as number");
    old.child.kill("SIGKILL");
    await once(old.child, "exit");
    expect(isAlive(old.pid)).toBe(true);

    const said: string[] = [];
    const server = await start({ dataDir, version, log: (message) => said.push(message) });
    expect(said).toEqual([expect.stringContaining(`Postgres ${old.pid}, which outlived`)]);
    expect(isAlive(old.pid)).toBe(false);
    expect(await query(server.superuserUrl, "select number from kept")).toEqual([{ number: 7 }]);
  },
);

it("leaves a server alone whose launcher is alive, and names both processes", async () => {
  const dataDir = join(temporaryFolder(), "data");
  const other = await launcher(dataDir, "18");
  const error = await failure(start({ dataDir }));
  expect(error).toMatchObject({ code: "ALREADY_RUNNING", pid: other.pid });
  expect(error.hint).toContain(String(other.child.pid));
  expect(await query(other.url, "select 1 as one")).toEqual([{ one: 1 }]);
});

it("refuses a second server on the same data in the same process", async () => {
  const dataDir = join(temporaryFolder(), "data");
  await start({ dataDir });
  expect((await failure(start({ dataDir }))).code).toBe("ALREADY_RUNNING");
});

it("lets one of two simultaneous first starts win, and tells the other", async () => {
  const dataDir = join(temporaryFolder(), "data");
  const results = await Promise.allSettled([start({ dataDir }), start({ dataDir })]);
  const won = results.filter((result) => result.status === "fulfilled");
  const lost = results.filter((result) => result.status === "rejected");
  expect(won).toHaveLength(1);
  expect(lost[0]!.reason.code).toBe("ALREADY_RUNNING");
  expect(await query(won[0]!.value.superuserUrl, "select 1 as one")).toEqual([{ one: 1 }]);
});

it("recovers after the server itself was killed", async () => {
  const first = await start({ dataDir: join(temporaryFolder(), "data"), settings: {} });
  await query(first.superuserUrl, "create table kept as select 7 as number");
  process.kill(first.pid, "SIGKILL");
  expect(await first.exited).toMatchObject({ signal: "SIGKILL" });
  const second = await start({ dataDir: first.dataDir });
  expect(await query(second.superuserUrl, "select number from kept")).toEqual([{ number: 7 }]);
});

it("does not mistake another program that got the old number for a server", async () => {
  const { dataDir, stop } = await start({ dataDir: join(temporaryFolder(), "data") });
  await stop();
  const stranger = spawn("sleep", ["60"]);
  finally_(() => stranger.kill());
  writeFileSync(join(dataDir, "postmaster.pid"), `${stranger.pid}\n${dataDir}\n`);
  await start({ dataDir });
  expect(isAlive(stranger.pid!)).toBe(true);
});

it("ends the server when the launcher exits without stopping it", async () => {
  const dataDir = join(temporaryFolder(), "data");
  const { child, pid } = await launcher(dataDir, "18");
  child.send("exit");
  await once(child, "exit");
  for (let tries = 0; tries < 500 && existsSync(join(dataDir, "postmaster.pid")); tries++) {
    await new Promise((done) => setTimeout(done, 20));
  }
  expect(existsSync(join(dataDir, "postmaster.pid"))).toBe(false);
  expect(pid).toBeGreaterThan(1);
});
