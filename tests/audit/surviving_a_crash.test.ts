import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { verifyExport } from "../../audit/verify.ts";
import { sealSecret } from "../../envelope/secret.ts";
import { createDatabase } from "../helpers/database.ts";
import { asMember, createWorkspace, type SignedIn } from "../helpers/people.ts";
import { createWorkerKeys } from "../helpers/worker.ts";
import { type Siem, startSyslogSiem, startWebhookSiem } from "../standins/siem.ts";
import { download, requestExport } from "./export_support.ts";
import { makeNotaryKey, seal, temporaryFile } from "./support.ts";

const database = await createDatabase();
const admin = database.pool("postgres", { max: 2 });
const keys = createWorkerKeys();
const { key, publicKey, privateJwk } = await makeNotaryKey();
const EVENTS = 4_000;

const children: ChildProcess[] = [];
afterAll(() => children.forEach((child) => child.kill("SIGKILL")));
afterEach(() => children.forEach((child) => child.kill("SIGKILL")));

function startNotary(environment: Record<string, string> = { SEAL: "no" }): ChildProcess {
  const child = spawn(process.execPath, [fileURLToPath(new URL("killable_notary.ts", import.meta.url))], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      PATH: process.env.PATH,
      WORKER_SERVICES: "notary",
      NOTARY_DATABASE_URL: database.url("bulkhead_notary"),
      WORKER_PRIVATE_KEYS: keys.privateText,
      KEK_PROVIDER: "local",
      KEK_KEYRING: keys.keyRingText,
      NOTARY_PRIVATE_KEY: privateJwk,
      ...environment,
    },
  });
  children.push(child);
  child.stdout!.resume();
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

async function until(question: () => Promise<boolean>): Promise<void> {
  while (!(await question())) await sleep(2);
}

const exportOf = async (id: string) =>
  (
    await admin.query(
      "select status, chunk_count, done_position::int as done from audit.exports where id = $1",
      [id],
    )
  ).rows[0] as { status: string; chunk_count: number; done: number };

let owner: SignedIn;
let sealed: number;

beforeAll(async () => {
  owner = await createWorkspace(database, "Harbour");
  await admin.query(
    "insert into tenancy.teams (workspace_id, name) select $1, 'Team ' || i from generate_series(1, $2) i",
    [owner.workspaceId, EVENTS],
  );
  await seal(database, key);
  const { rows } = await admin.query("select position::int from audit.tips where workspace_id = $1", [
    owner.workspaceId,
  ]);
  sealed = rows[0].position;
});

async function createSink(kind: string, siem: Siem, secret: Uint8Array | null): Promise<string> {
  const binding = { workspace: owner.workspaceId, person: owner.personId };
  const { rows } = await asMember(database, owner.accessToken, (c) =>
    c.query("select (audit.create_sink($1, $2, $3, $4, $5)).id", [
      kind,
      kind,
      siem.address,
      secret ? sealSecret(keys.publicKeys.intake[0]!, binding, secret) : null,
      siem.authority,
    ]),
  );
  return rows[0].id as string;
}

test("a notary killed in the middle of a kept export, three times, leaves a file that is whole: each row once, in order", async () => {
  const { row } = await requestExport(database, owner, "ndjson");
  const stops: number[] = [];
  for (const parts of [1, 3, 5]) {
    const child = startNotary();
    await until(async () => (await exportOf(row.id)).chunk_count >= parts);
    await kill(child);
    stops.push((await exportOf(row.id)).done);
  }
  expect(stops.at(-1)).toBeLessThan(Number(row.through_position));
  const last = startNotary();
  await until(async () => (await exportOf(row.id)).status === "done");
  await kill(last);
  const text = await download(database, owner, row.id);
  const verdict = await verifyExport(await temporaryFile("export.ndjson", text), publicKey);
  expect(verdict).toMatchObject({ fault: null, events: Number(row.through_position), firstPosition: 1 });
}, 120_000);

/** Kills the notary when the collector has a delivery and has not said so; the collector gets that delivery again. */
async function pushThroughCrashes(siem: Siem, sinkId: string): Promise<void> {
  let child: ChildProcess;
  let deliveries = 0;
  siem.onKept = async () => {
    deliveries += 1;
    if ([2, 4, 7].includes(deliveries)) await kill(child);
  };
  const { row } = await requestExport(database, owner, "ocsf", sinkId);
  for (let crashes = 0; crashes < 3; crashes += 1) {
    child = startNotary();
    await until(async () => child.signalCode !== null);
    expect((await exportOf(row.id)).status).toBe("running");
  }
  child = startNotary();
  await until(async () => (await exportOf(row.id)).status === "done");
  await kill(child);
  // It was delivered again what nobody had acknowledged …
  expect(siem.received.length).toBeGreaterThan(siem.kept.length);
  // … and the collector, which drops a key or a position that it has, keeps each event once, in the chain's order.
  const sequences = siem.kept.map((line) => JSON.parse(line).metadata.sequence as number);
  expect(sequences).toEqual(Array.from({ length: Number(row.through_position) }, (_, i) => i + 1));
}

test("a notary killed with a webhook's delivery unacknowledged sends it again under the same key: kept once, in order", async () => {
  const secret = randomBytes(32);
  const siem = await startWebhookSiem(secret);
  try {
    await pushThroughCrashes(siem, await createSink("webhook", siem, secret));
  } finally {
    await siem.stop();
  }
}, 120_000);

test("a notary killed while it sends to a syslog collector sends the same positions again: kept once, in order", async () => {
  const siem = await startSyslogSiem();
  try {
    await pushThroughCrashes(siem, await createSink("syslog", siem, null));
  } finally {
    await siem.stop();
  }
}, 120_000);

test("a notary killed in the middle of sealing leaves no gap and no fork: what it had begun is sealed by the next", async () => {
  const child = () => startNotary({});
  const count = async (sql: string) => (await admin.query(sql, [owner.workspaceId])).rows[0].n as number;
  const inChain = () => count("select count(*)::int as n from audit.chain where workspace_id = $1");
  const inLog = () => count("select count(*)::int as n from audit.events where workspace_id = $1");
  let interrupted = 0;
  for (let round = 0; round < 3; round += 1) {
    await admin.query(
      "insert into tenancy.teams (workspace_id, name) select $1, $2 || i from generate_series(1, 8000) i",
      [owner.workspaceId, `Round ${round} `],
    );
    const notary = child();
    const before = await inChain();
    await until(
      async () =>
        (
          await admin.query(
            "select from pg_stat_activity where usename = 'bulkhead_notary' and datname = current_database() and query like 'select audit.seal_events%'",
          )
        ).rowCount! > 0,
    );
    await kill(notary);
    // Nothing of a round that did not end is there.
    if ((await inChain()) === before) interrupted += 1;
  }
  expect(interrupted).toBeGreaterThan(0);
  const last = child();
  await until(async () => (await inChain()) === (await inLog()));
  await kill(last);
  const { rows } = await admin.query(
    "select min(position)::int as first, max(position)::int as last, count(distinct position)::int as n, count(distinct event_id)::int as events from audit.chain where workspace_id = $1",
    [owner.workspaceId],
  );
  expect(rows[0].last).toBeGreaterThan(sealed + 24_000);
  expect(rows[0]).toEqual({ first: 1, last: rows[0].last, n: rows[0].last, events: rows[0].last });
  const { row } = await requestExport(database, owner, "ndjson");
  const exporter = startNotary();
  await until(async () => (await exportOf(row.id)).status === "done");
  await kill(exporter);
  const file = await temporaryFile("export.ndjson", await download(database, owner, row.id));
  expect((await verifyExport(file, publicKey)).fault).toBeNull();
}, 180_000);
