import { expect, test } from "vitest";
import { openConnection } from "../../worker/connections/open.ts";
import { refreshConnection } from "../../worker/connections/refresh.ts";
import { addMember, createWorkspace } from "../helpers/people.ts";
import { jobsOf } from "./jobs.ts";
import { call, connect, connectionsOf, startConnectionsSystem, until } from "./system.ts";

const system = await startConnectionsSystem();
const { database } = system;
const { admin, anotherWorker, jobFor } = jobsOf(system);
const owner = await createWorkspace(database, "Harbour");

const done = (id: string) =>
  until(async () => {
    const { rows } = await call(
      system,
      owner,
      "select * from tenancy.key_operations where id = $1 and status <> 'queued'",
      [id],
    );
    return rows[0];
  });
const rotate = async () =>
  (await call(system, owner, "select id from tenancy.rotate_workspace_key('credential')")).rows[0]
    .id as string;
const report = async () =>
  (
    await call(
      system,
      owner,
      "select purpose, version, key_encryption_key as kek, is_current, ciphertext_count::integer as n from tenancy.key_versions() where purpose = 'credential'",
    )
  ).rows;

test("only an owner rotates; the index key never", async () => {
  const other = await addMember(database, owner, "admin");
  await expect(
    call(system, other, "select tenancy.rotate_workspace_key('credential')"),
  ).rejects.toMatchObject({ code: "ZT001" });
  await expect(call(system, other, "select tenancy.reencrypt_credentials(1)")).rejects.toMatchObject({
    code: "ZT001",
  });
  await expect(call(system, owner, "select tenancy.rotate_workspace_key('index')")).rejects.toMatchObject({
    code: "ZK001",
  });
  await expect(call(system, owner, "select tenancy.reencrypt_credentials(1)")).rejects.toMatchObject({
    code: "ZK002",
  });
});

test("rotation under load: no read and no refresh fails, nothing is re-encrypted, what comes next is under the new version", async () => {
  const person = await addMember(database, owner, "user");
  const google = await connect(system, person, "google", "mailbox");
  const salesforce = await connect(system, person, "salesforce", "deals");
  const before = (
    await admin.query("select sealed from connections.credentials where connection_id = $1", [google.id])
  ).rows[0].sealed as string;
  const workers = [anotherWorker(), anotherWorker()];
  const jobs = { google: await jobFor(person, google), salesforce: await jobFor(person, salesforce) };
  let running = true;
  const counts = { reads: 0, refreshes: 0, failed: 0 };
  const load = [0, 1, 2, 3].map(async (n) => {
    while (running) {
      try {
        const worker = workers[n % 2]!;
        await openConnection(worker, jobs.google.ticket, google.id);
        const opened = await openConnection(worker, jobs.salesforce.ticket, salesforce.id);
        counts.reads += 2;
        if (n === 0) {
          await refreshConnection(worker, jobs.salesforce.ticket, opened);
          counts.refreshes += 1;
        }
      } catch {
        counts.failed += 1;
      }
    }
  });
  for (let i = 0; i < 5; i += 1)
    expect(await done(await rotate())).toMatchObject({ status: "done", version: i + 2 });
  await until(async () => counts.refreshes > 5 && counts.reads > 100);
  running = false;
  await Promise.all(load);
  expect(counts.failed).toBe(0);
  const [seenGoogle] = (await connectionsOf(database, person)).filter(({ id }) => id === google.id);
  const [seenSalesforce] = (await connectionsOf(database, person)).filter(({ id }) => id === salesforce.id);
  expect([seenGoogle!.key_version, seenSalesforce!.key_version]).toEqual([1, 6]);
  expect(
    (await admin.query("select sealed from connections.credentials where connection_id = $1", [google.id]))
      .rows[0].sealed,
  ).toBe(before);
  expect(await report()).toEqual([
    // A credential, and what it takes to give it back.
    { purpose: "credential", version: 1, kek: "local:v1", is_current: false, n: 2 },
    ...[2, 3, 4, 5].map((version) => ({
      purpose: "credential",
      version,
      kek: "local:v1",
      is_current: false,
      n: 0,
    })),
    { purpose: "credential", version: 6, kek: "local:v1", is_current: true, n: 2 },
  ]);
  console.log("rotation under load", counts);
});

test("a distrusted version: everything that it sealed is sealed anew, then it is destroyed, and other versions stay", async () => {
  const people = await Promise.all([1, 2, 3].map(() => addMember(database, owner, "user")));
  const connections = [];
  for (const person of people) {
    connections.push({ person, connection: await connect(system, person, "google", "mailbox") });
    connections.push({ person, connection: await connect(system, person, "gong", "calls") });
  }
  const [{ version: current }] = (await report()).filter(({ is_current }) => is_current);
  await done(await rotate());
  const { rows } = await call(system, owner, "select id, service from tenancy.reencrypt_credentials($1)", [
    current,
  ]);
  expect(rows.map(({ service }) => service).sort()).toEqual(["crm", "mail_sync"]);
  const ended = await Promise.all(rows.map(({ id }) => done(id)));
  for (const operation of ended) {
    expect(operation).toMatchObject({ status: "done", error_code: null });
    expect(operation.done_count).toBe(operation.total_count);
  }
  const versions = (await report()).map(({ version }) => version);
  expect(versions).not.toContain(current);
  expect(versions).toContain(1);
  for (const { person, connection } of connections) {
    const { ticket } = await jobFor(person, connection);
    expect((await openConnection(anotherWorker(), ticket, connection.id)).version).toBe(1);
  }
  expect(
    (await call(system, owner, "select from audit.events where action = 'credential.reencryption_started'"))
      .rowCount,
  ).toBe(2);
});

test("a grant that is being given back is sealed anew too: its version is destroyed, and the provider still hears of it", async () => {
  const person = await addMember(database, owner, "user");
  const connection = await connect(system, person, "google", "mailbox");
  const [{ version: current }] = (await report()).filter(({ is_current }) => is_current);
  system.all.standins.google.fail({ kind: "server_error", path: /^\/revoke$/ });
  await call(system, person, "select connections.disconnect($1)", [connection.id]);
  const waiting = () =>
    admin.query(
      "select from queue_mail_sync._private_jobs where attempts = 1 and locked_at is null and payload::text like '%revocation_id%'",
    );
  await until(async () => (await waiting()).rowCount);
  await done(await rotate());
  const { rows } = await call(system, owner, "select id from tenancy.reencrypt_credentials($1)", [current]);
  for (const { id } of rows) expect(await done(id)).toMatchObject({ status: "done", error_code: null });
  expect((await report()).map(({ version }) => version)).not.toContain(current);
  await admin.query(
    "update queue_mail_sync._private_jobs set run_at = now() where payload::text like '%revocation_id%'",
  );
  await until(async () =>
    (await connectionsOf(database, person)).find(({ revocation }) => revocation === "revoked"),
  );
});
