import { afterEach, expect, test, vi } from "vitest";
import type { NotaryKey } from "../../audit/signatures.ts";
import type { WorkerConfig } from "../../worker/config.ts";
import { createDatabase } from "../helpers/database.ts";
import { asMember, createWorkspace } from "../helpers/people.ts";
import { startTestWorker, type TestWorker } from "../helpers/worker.ts";
import { makeNotaryKey } from "./support.ts";

const database = await createDatabase();
const admin = database.pool("postgres", { max: 2 });
const { key } = await makeNotaryKey();
const workers: TestWorker[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
});

async function startNotary(): Promise<TestWorker> {
  const worker = await startTestWorker(database, {
    services: ["notary"],
    change: (config): WorkerConfig => ({ ...config, notaryKey: key as NotaryKey }),
  });
  workers.push(worker);
  return worker;
}

/** Long before the clock's next minute could have begun a job. */
const soon = { timeout: 15_000, interval: 50 };

test("a service that was started seals what is committed from then on, and seals names, without anybody calling for it", async () => {
  const owner = await createWorkspace(database, "Harbour");
  const status = async () =>
    (await asMember(database, owner.accessToken, (c) => c.query("select * from audit.seal_status()")))
      .rows[0];
  expect(Number((await status()).unsealed_count)).toBeGreaterThan(0);
  const worker = await startNotary();
  await vi.waitFor(async () => expect((await status()).unsealed_count).toBe("0"), soon);
  for (const name of ["Docks", "Piers"]) {
    await asMember(database, owner.accessToken, (c) => c.query("select tenancy.create_team($1)", [name]));
    await vi.waitFor(async () => expect((await status()).unsealed_count).toBe("0"), soon);
  }
  await vi.waitFor(async () => {
    const { rows } = await admin.query(
      "select sealed is not null as named from audit.subjects where person_id = $1",
      [owner.personId],
    );
    expect(rows).toEqual([{ named: true }]);
  }, soon);
  const { rows: jobs } = await admin.query(
    "select identifier from queue_notary._private_known_crontabs order by identifier",
  );
  expect(jobs.map((row) => row.identifier)).toEqual(["attest", "seal"]);
  expect(worker.lines).toEqual([]);
}, 60_000);

test("two notaries side by side seal each event once, and neither complains", async () => {
  const owner = await createWorkspace(database, "Lighthouse");
  const both = [await startNotary(), await startNotary()];
  for (let i = 0; i < 20; i += 1)
    await asMember(database, owner.accessToken, (c) =>
      c.query("select tenancy.create_team($1)", [`Team ${i}`]),
    );
  await vi.waitFor(async () => {
    const { rows } = await admin.query(
      "select (select count(*) from audit.events where workspace_id = $1) - (select count(*) from audit.chain where workspace_id = $1) as tail",
      [owner.workspaceId],
    );
    expect(rows[0].tail).toBe("0");
  }, soon);
  const { rows } = await admin.query(
    "select workspace_id, position from audit.chain group by 1, 2 having count(*) > 1 union all select workspace_id, 0 from audit.chain group by workspace_id having max(position) <> count(*)",
  );
  expect(rows).toEqual([]);
  expect(both.flatMap((worker) => worker.lines)).toEqual([]);
}, 60_000);

test("a notary that is stopped leaves the rest of its minute to the next one", async () => {
  const worker = await startNotary();
  await vi.waitFor(async () => {
    const { rows } = await admin.query("select from queue_notary._private_jobs where locked_at is not null");
    // Two at the turn of a minute.
    expect(rows.length).toBeGreaterThan(0);
  }, soon);
  await worker.stop();
  const { rows } = await admin.query(
    "select t.identifier from queue_notary._private_jobs j join queue_notary._private_tasks t on t.id = j.task_id where j.locked_at is null and j.attempts < j.max_attempts",
  );
  expect(rows.map((row) => row.identifier)).toContain("seal");
}, 60_000);

test("a query without a session is told of within a round of the service (C23)", async () => {
  await expect(
    asMember(database, null, (c) => c.query("select tenancy.create_team('No')")),
  ).rejects.toMatchObject({
    code: "ZS001",
  });
  await startNotary();
  await vi.waitFor(async () => {
    const { rows } = await admin.query(
      "select c.position from audit.events e join audit.chain c on c.event_id = e.id where e.action = 'query.without_context'",
    );
    expect(rows.length).toBeGreaterThan(0);
  }, soon);
}, 60_000);
