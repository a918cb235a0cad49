import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../api/config.ts";
import { ConfigError } from "../../settings.ts";
import { generateWorkerKeys } from "../../envelope/keys.ts";

const keys = generateWorkerKeys();
const complete = {
  DATABASE_URL: "postgres://bulkhead_api:hunter2@127.0.0.1/bulkhead",
  PUBLIC_URL: "https://app.example.com/",
  WORKER_PUBLIC_KEYS: keys.public,
  WORKOS_CLIENT_ID: "client_1",
  PERSISTED_OPERATIONS: "/srv/documents.json",
};

function messageOf(environment: Record<string, string | undefined>): string {
  try {
    readConfig(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error("the settings were accepted");
}

describe("the API's settings", () => {
  it("are read, with safe values for what is not given", () => {
    expect(readConfig(complete)).toMatchObject({
      host: "127.0.0.1",
      port: 5678,
      publicUrl: "https://app.example.com",
      development: false,
      trustedProxies: 0,
    });
  });

  it("are refused in one message that names every missing one", () => {
    const message = messageOf({});
    for (const name of Object.keys(complete)) expect(message).toContain(name);
  });

  it("need trusted documents unless this is development", () => {
    const { PERSISTED_OPERATIONS: _, ...others } = complete;
    expect(messageOf(others)).toContain("PERSISTED_OPERATIONS");
    expect(readConfig({ ...others, NODE_ENV: "development" }).development).toBe(true);
  });

  it("are refused when they hold what only the worker may know", () => {
    for (const name of [
      "WORKER_PRIVATE_KEYS",
      "WORKOS_API_KEY",
      "KEK_KEYRING",
      "AWS_SECRET_ACCESS_KEY",
      "OPENER_DATABASE_URL",
    ]) {
      expect(messageOf({ ...complete, [name]: "hunter2" })).toMatch(new RegExp(`remove.*${name}`));
    }
    expect(messageOf({ ...complete, WORKER_PUBLIC_KEYS: keys.private })).toContain("not public");
  });

  it("never show their values", () => {
    const message = messageOf({
      ...complete,
      DATABASE_URL: "hunter2",
      PORT: "hunter2",
      WORKER_PUBLIC_KEYS: "hunter2",
      KEK_KEYRING: "hunter2",
    });
    expect(message).not.toContain("hunter2");
  });

  it("that are missing end the process with 1, saying which", () => {
    const server = fileURLToPath(new URL("../../server.ts", import.meta.url));
    const run = spawnSync(process.execPath, [server], { env: { PATH: process.env.PATH }, encoding: "utf8" });
    expect(run.status).toBe(1);
    expect(run.stderr).toContain("missing settings: DATABASE_URL, PUBLIC_URL");
    expect(run.stderr.trim().split("\n")).toHaveLength(1);
  });
});
