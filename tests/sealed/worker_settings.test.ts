import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readWorkerConfig } from "../../worker/config.ts";
import { codeOf, withCodedErrors } from "../../worker/runtime/errors.ts";
import { createDatabase } from "../helpers/database.ts";
import { createWorkerKeys, startTestWorker } from "../helpers/worker.ts";

const keys = createWorkerKeys();
const complete = {
  WORKER_SERVICES: "identity, opener,mail_sync,janitor",
  IDENTITY_DATABASE_URL: "postgres://identity@localhost/b",
  OPENER_DATABASE_URL: "postgres://opener@localhost/b",
  MAIL_SYNC_DATABASE_URL: "postgres://mail_sync@localhost/b",
  JANITOR_DATABASE_URL: "postgres://janitor@localhost/b",
  WORKER_PRIVATE_KEYS: keys.privateText,
  KEK_PROVIDER: "local",
  KEK_KEYRING: keys.keyRingText,
  WORKOS_API_KEY: "sk_test",
  WORKOS_CLIENT_ID: "client",
  WORKOS_ISSUERS: "https://api.workos.com",
};

test("a complete configuration is read", () => {
  const config = readWorkerConfig(complete);
  expect(config.services.map(({ name }) => name)).toEqual(["identity", "opener", "mail_sync", "janitor"]);
  expect(config.workos).toMatchObject({ issuers: ["https://api.workos.com"] });
});

test("every missing setting is named in one message, and no value", () => {
  expect(() => readWorkerConfig({ WORKER_SERVICES: complete.WORKER_SERVICES })).toThrow(
    "missing settings: IDENTITY_DATABASE_URL, OPENER_DATABASE_URL, MAIL_SYNC_DATABASE_URL, JANITOR_DATABASE_URL, WORKER_PRIVATE_KEYS, WORKOS_API_KEY, WORKOS_CLIENT_ID, WORKOS_ISSUERS; missing setting: KEK_PROVIDER (local or kms)",
  );
  expect(() => readWorkerConfig({})).toThrow("missing settings: WORKER_SERVICES");
  const secret = "sk_live_very_secret";
  for (const name of ["WORKER_PRIVATE_KEYS", "KEK_KEYRING", "OPENER_DATABASE_URL", "WORKER_SERVICES"])
    try {
      readWorkerConfig({ ...complete, [name]: secret });
      expect.unreachable();
    } catch (error) {
      expect((error as Error).message).not.toContain(secret);
    }
});

test("a service is given what it needs and nothing else", () => {
  const janitor = readWorkerConfig({ ...complete, WORKER_SERVICES: "janitor" });
  expect(janitor).toEqual({
    services: [{ name: "janitor", databaseUrl: complete.JANITOR_DATABASE_URL }],
    keys: undefined,
    kek: undefined,
    workos: undefined,
  });
  const opener = readWorkerConfig({ ...complete, WORKER_SERVICES: "opener", WORKOS_API_KEY: "" });
  expect(opener.workos).toBeUndefined();
});

test("the process ends with 1 and one line when a setting is missing or a login refused", async () => {
  const run = async (env: Record<string, string>) => {
    const child = spawn(process.execPath, [fileURLToPath(new URL("../../worker.ts", import.meta.url))], {
      env: { PATH: process.env.PATH, ...env },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
    const [code] = await once(child, "exit");
    return { code, output };
  };
  expect(await run({})).toEqual({ code: 1, output: "worker: missing settings: WORKER_SERVICES\n" });
  const database = await createDatabase();
  const url = new URL(database.url("bulkhead_janitor"));
  url.password = "wrong-and-secret";
  const refused = await run({ WORKER_SERVICES: "janitor", JANITOR_DATABASE_URL: url.toString() });
  expect(refused.code).toBe(1);
  expect(refused.output).toContain("janitor: cannot start (DATABASE_28P01)");
  expect(refused.output).not.toContain("wrong-and-secret");
});

test("of an error only a code is kept", async () => {
  const secret = "canary-content";
  const database = Object.assign(new Error(`value ${secret}`), {
    code: "23505",
    severity: "ERROR",
    detail: secret,
  });
  expect(codeOf(database)).toBe("DATABASE_23505");
  expect(codeOf(Object.assign(new Error(secret), { code: "KEK_UNAVAILABLE" }))).toBe("KEK_UNAVAILABLE");
  expect(codeOf(Object.assign(new Error(secret), { code: `X ${secret}` }))).toMatch(/^UNEXPECTED Error/);
  expect(codeOf(secret)).toBe("UNEXPECTED Error");
  const failing = withCodedErrors(() => {
    throw new TypeError(secret);
  });
  const thrown = await Promise.resolve(failing({}, undefined as never)).catch((error: Error) => error);
  expect(`${(thrown as Error).message}${(thrown as Error).stack}`).not.toContain(secret);
});

test("the janitor removes what has expired, and keeps the audit log's months", async () => {
  const database = await createDatabase();
  const admin = database.pool("postgres");
  await admin.query(
    `insert into sealed.calls (service, kind, caller_id, expires_at)
    values ('identity', 'x', gen_random_uuid(), now() - interval '1 hour')`,
  );
  const janitor = await startTestWorker(database, { services: ["janitor"] });
  try {
    for (const task of ["clean_up", "audit_months", "delete_workspaces"])
      await database.pool("bulkhead_janitor").query("select queue_janitor.add_job($1)", [task]);
    for (;;) {
      const { rowCount } = await admin.query("select from queue_janitor._private_jobs");
      if (rowCount === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect((await admin.query("select from sealed.calls")).rowCount).toBe(0);
    const { rows } = await admin.query(
      "select identifier from queue_janitor._private_known_crontabs order by 1",
    );
    expect(rows).toEqual([
      { identifier: "audit_months" },
      { identifier: "clean_up" },
      { identifier: "delete_workspaces" },
    ]);
  } finally {
    await janitor.stop();
  }
});
