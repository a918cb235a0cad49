import { randomUUID } from "node:crypto";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { openConnection } from "../../worker/connections/open.ts";
import { refreshConnection } from "../../worker/connections/refresh.ts";
import type { Kek } from "../../worker/crypto/kek.ts";
import { kmsKek } from "../../worker/crypto/kek_kms.ts";
import { generateKeyRing, localKek, parseKeyRing } from "../../worker/crypto/kek_local.ts";
import { addMember, createWorkspace } from "../helpers/people.ts";
import { startTestWorker } from "../helpers/worker.ts";
import { startKmsStandin } from "../standins/kms.ts";
import { jobsOf } from "./jobs.ts";
import { call, connect, startConnectionsSystem, until } from "./system.ts";

const kms = await startKmsStandin(2);
afterAll(() => kms.close());
const [firstArn, secondArn] = kms.keyIds as [string, string];
const atKms = (keyId: string, previousKeyIds: string[] = []) =>
  kmsKek({ keyId, previousKeyIds, region: kms.region, endpoint: kms.url, credentials: kms.credentials });
const ring = JSON.parse(generateKeyRing()) as { current: string; keys: Record<string, string> };
const second = Buffer.alloc(32, 7).toString("base64url");
const atHome = (current: string, keys: Record<string, string>) =>
  localKek(parseKeyRing(JSON.stringify({ current, keys })));

/** Runs the operator's command as a process of its own. */
async function runCommand(
  deployUrl: string,
  ...command: string[]
): Promise<{ code: number; output: string }> {
  const child = spawn(
    process.execPath,
    [
      fileURLToPath(new URL("../../cli.ts", import.meta.url)),
      "keys",
      ...(command.length > 0 ? command : ["rewrap"]),
    ],
    { env: { PATH: process.env.PATH, DEPLOY_DATABASE_URL: deployUrl }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += String(data)));
  const [code] = (await once(child, "exit")) as [number];
  return { code, output };
}

describe.each<[string, { former: Kek; both: Kek; next: Kek; retire: () => void }]>([
  [
    "local",
    {
      former: atHome("v1", ring.keys),
      both: atHome("v2", { ...ring.keys, v2: second }),
      next: atHome("v2", { v2: second }),
      retire: () => {},
    },
  ],
  [
    "AWS KMS",
    {
      former: atKms(firstArn),
      both: atKms(secondArn, [firstArn]),
      next: atKms(secondArn),
      retire: () => kms.enable(firstArn, false),
    },
  ],
])("%s", (_name, { former, both, next, retire }) => {
  test("a new key-encryption key under load: one command for all workspaces, no request fails, and the former is not needed any more", async () => {
    const system = await startConnectionsSystem({ worker: false });
    const { database } = system;
    const { admin, anotherWorker, jobFor } = jobsOf(system);
    const worker = (kek: Kek, services: ("mail_sync" | "crm" | "notary")[] = ["mail_sync", "crm"]) =>
      startTestWorker(database, {
        services,
        keys: system.keys,
        change: (config) => ({ ...config, kek, connections: system.settings }),
      });
    const owners = [
      await createWorkspace(database, "Harbour"),
      await createWorkspace(database, "Lighthouse"),
    ];
    const owner = owners[0]!;
    const person = await addMember(database, owner, "user");
    let running = await worker(former);
    const google = await connect(system, person, "google", "mailbox");
    const salesforce = await connect(system, person, "salesforce", "deals");
    await connect(system, owners[1]!, "gong", "calls");
    await running.stop();
    // A workspace whose people have not signed in for months is not forgotten.
    await admin.query("delete from session.sign_ins where workspace_id = $1", [owners[1]!.workspaceId]);
    const sealedOf = async () =>
      (await admin.query("select sealed from connections.credentials where connection_id = $1", [google.id]))
        .rows[0].sealed;
    const before = await sealedOf();

    running = await worker(both);
    const jobs = { google: await jobFor(person, google), salesforce: await jobFor(person, salesforce) };
    const counts = { reads: 0, refreshes: 0, failed: 0 };
    let loaded = true;
    const load = [0, 1, 2].map(async (n) => {
      while (loaded) {
        try {
          // Each time a process that holds no key yet: the key-encryption key is asked.
          const process = anotherWorker(both);
          await openConnection(process, jobs.google.ticket, google.id);
          counts.reads += 1;
          if (n > 0) continue;
          const opened = await openConnection(process, jobs.salesforce.ticket, salesforce.id);
          await refreshConnection(process, jobs.salesforce.ticket, opened);
          counts.refreshes += 1;
        } catch {
          counts.failed += 1;
        }
      }
    });
    const rotated = await call(system, owner, "select id from tenancy.rotate_workspace_key('credential')");
    const { code, output } = await runCommand(database.url("bulkhead_deploy"));
    const versions = async () =>
      (
        await admin.query(
          "select max(version) as newest from keyring.workspace_keys where workspace_id = $1 and purpose = 'credential'",
          [owner.workspaceId],
        )
      ).rows[0].newest as number;
    const byOwner = await versions();
    const operator = await runCommand(
      database.url("bulkhead_deploy"),
      "rotate",
      "--workspace",
      owner.workspaceId,
      "--purpose",
      "credential",
    );
    expect(operator.code, operator.output).toBe(0);
    expect(operator.output).toContain("1 of 1 done");
    expect(await versions()).toBe(byOwner + 1);
    for (const [workspace, purpose, said] of [
      [randomUUID(), "content", "no workspace of that id has keys"],
      [owner.workspaceId, "index", "only content and credential keys rotate"],
    ] as const) {
      const refused = await runCommand(
        database.url("bulkhead_deploy"),
        "rotate",
        "--workspace",
        workspace,
        "--purpose",
        purpose,
      );
      expect(refused).toMatchObject({ code: 1, output: expect.stringContaining(said) });
    }
    const rewrapped = await call(system, owner, "select id from tenancy.rewrap_workspace_keys()");
    for (const { rows } of [rotated, rewrapped])
      await until(
        async () =>
          (
            await admin.query("select from tenancy.key_operations where id = $1 and status = 'done'", [
              rows[0].id,
            ])
          ).rowCount,
      );
    await until(async () => counts.reads > 30 && counts.refreshes > 3);
    loaded = false;
    await Promise.all(load);
    console.log("a new key-encryption key under load", counts);
    expect(counts.failed).toBe(0);
    expect(code, output).toBe(0);
    expect(output).toContain("2 jobs for the worker");
    expect(output).toContain("2 of 2 done");
    expect(output).toMatch(
      new RegExp(`^${both.current} wraps \\d+ keys of workspaces and 0 of people in audit logs`, "m"),
    );
    expect((await admin.query("select distinct kek from keyring.workspace_keys")).rows).toEqual([
      { kek: both.current },
    ]);
    // Nothing is re-encrypted.
    expect(await sealedOf()).toBe(before);

    // Run again, it has nothing to do; without a worker, it waits and says for whom.
    expect((await runCommand(database.url("bulkhead_deploy"))).output).toContain("2 of 2 done");
    await running.stop();
    retire();
    expect((await openConnection(anotherWorker(next), jobs.google.ticket, google.id)).connectionId).toBe(
      google.id,
    );
    await expect(openConnection(anotherWorker(former), jobs.google.ticket, google.id)).rejects.toMatchObject({
      code: "KEK_REFUSED",
    });
    for (const login of ["bulkhead_api", "bulkhead_mail_sync", "bulkhead_janitor"] as const) {
      for (const text of [
        "select session.enqueue_rewrap()",
        "select session.enqueue_rotation(gen_random_uuid(), 'content')",
        "select session.unfinished_tickets('{}')",
        "select keyring.key_encryption_keys()",
        "select keyring.workspaces_with_keys()",
      ])
        await expect(database.pool(login, { max: 1 }).query(text)).rejects.toMatchObject({ code: "42501" });
    }
  }, 60_000);
});

test("a command that was stopped goes on where the worker is, also for the people in audit logs", async () => {
  const system = await startConnectionsSystem({ worker: false });
  const { database } = system;
  const admin = database.pool("postgres", { max: 2 });
  const [former, both] = [atHome("v1", ring.keys), atHome("v2", { ...ring.keys, v2: second })];
  const worker = (kek: Kek) =>
    startTestWorker(database, {
      services: ["mail_sync", "crm"],
      keys: system.keys,
      change: (config) => ({ ...config, kek, connections: system.settings }),
    });
  const owner = await createWorkspace(database, "Harbour");
  let running = await worker(former);
  await connect(system, owner, "google", "mailbox");
  await running.stop();
  const wrapped = await former.wrap(
    { workspaceId: owner.workspaceId, purpose: "subject", version: 1 },
    Buffer.alloc(32, 5),
  );
  await admin.query(
    "insert into audit.subjects (workspace_id, person_id, sealed, kek, wrapped_key) values ($1, $2, 'eyJx.a.b.c.d', $3, $4)",
    [owner.workspaceId, owner.personId, wrapped.kek, wrapped.wrapped],
  );
  const command = spawn(
    process.execPath,
    [fileURLToPath(new URL("../../cli.ts", import.meta.url)), "keys", "rewrap"],
    {
      env: { PATH: process.env.PATH, DEPLOY_DATABASE_URL: database.url("bulkhead_deploy") },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let output = "";
  command.stdout.on("data", (data) => (output += String(data)));
  await until(async () => output.includes("0 of 2 done; left: mail_sync 1, notary 1"));
  command.kill("SIGKILL");
  await once(command, "exit");
  running = await worker(both);
  // What the notary does for it, in the test's hands.
  const { subjectRewrap } = await import("../../worker/tasks/subject_rewrap.ts");
  const second_ = runCommand(database.url("bulkhead_deploy"));
  await until(async () => {
    const { rows } = await admin.query(
      "select id from session.tickets where service = 'notary' and finished_at is null",
    );
    const pool = database.pool("bulkhead_notary", { max: 2 });
    for (const { id } of rows)
      await subjectRewrap({ kek: both })({ ticket_id: id }, {
        query: (text: string, values: unknown[]) => pool.query(text, values),
        withPgClient: async (work: (client: unknown) => Promise<unknown>) => {
          const client = await pool.connect();
          try {
            return await work(client);
          } finally {
            client.release();
          }
        },
        abortSignal: new AbortController().signal,
      } as never);
    return (
      rows.length === 0 &&
      (await admin.query("select from session.tickets where service = 'notary'")).rowCount === 2
    );
  });
  expect((await second_).output).toContain(
    "local:v2 wraps 1 keys of workspaces and 1 of people in audit logs",
  );
  const { rows } = await admin.query("select kek, wrapped_key from audit.subjects");
  expect(rows).toHaveLength(1);
  const bytes = await both.unwrap(
    { workspaceId: owner.workspaceId, purpose: "subject", version: 1 },
    rows[0].kek,
    rows[0].wrapped_key,
  );
  expect(Buffer.from(bytes)).toEqual(Buffer.alloc(32, 5));
  await running.stop();
}, 60_000);
