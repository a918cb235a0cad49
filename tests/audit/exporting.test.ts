import { afterAll, describe, expect, test } from "vitest";
import { generateWorkerKeys, parsePublicKeys, parseWorkerKeys } from "../../envelope/keys.ts";
import { sealSecret } from "../../envelope/secret.ts";
import { findPublicAddresses } from "../../worker/audit/push.ts";
import { createDatabase } from "../helpers/database.ts";
import { type SignedIn, addMember, asMember, createWorkspace } from "../helpers/people.ts";
import { type Siem, startSyslogSiem, startWebhookSiem } from "../standins/siem.ts";
import { download, requestExport, runExport } from "./export_support.ts";
import { makeNotaryKey, seal } from "./support.ts";

const database = await createDatabase();
const admin = database.pool("postgres", { max: 2 });
const { key } = await makeNotaryKey();
const generated = generateWorkerKeys();
const keys = parseWorkerKeys(generated.private);
const publicKeys = parsePublicKeys(generated.public);
const hmacKey = Buffer.from("a key of the collector's own");
const siems: Siem[] = [];
afterAll(() => Promise.all(siems.map((siem) => siem.stop())));

async function filled(name: string, teams = 1_200): Promise<SignedIn> {
  const owner = await createWorkspace(database, name);
  await admin.query(
    "insert into tenancy.teams (workspace_id, name) select $1, 'Team ' || i from generate_series(1, $2) i",
    [owner.workspaceId, teams],
  );
  await seal(database, key);
  return owner;
}

async function sinkOf(owner: SignedIn, siem: Siem, kind: "webhook" | "syslog"): Promise<string> {
  siems.push(siem);
  const secret =
    kind === "webhook"
      ? sealSecret(publicKeys.intake[0]!, { workspace: owner.workspaceId, person: owner.personId }, hmacKey)
      : null;
  const { rows } = await asMember(database, owner.accessToken, (c) =>
    c.query("select id from audit.create_sink($1, $2, $3, $4, $5)", [
      kind,
      kind,
      siem.address,
      secret,
      siem.authority,
    ]),
  );
  return rows[0].id;
}

const sealedCount = async (owner: SignedIn) =>
  Number(
    (await admin.query("select position from audit.tips where workspace_id = $1", [owner.workspaceId]))
      .rows[0].position,
  );
const exportRow = async (id: string) =>
  (await admin.query("select * from audit.exports where id = $1", [id])).rows[0];

test("a kept CSV has a header and one line for each event, and cannot be run as a formula", async () => {
  const owner = await filled("Csv", 3);
  const { row, payload } = await requestExport(database, owner, "csv");
  await runExport(database, payload);
  const lines = (await download(database, owner, row.id)).trimEnd().split("\n");
  expect(lines[0]).toMatch(/^position,occurred_at,action/);
  expect(lines.length).toBe((await sealedCount(owner)) + 1);
  const { toCsv } = await import("../../worker/audit/formats.ts");
  const event = { action: "=cmd()", changed_columns: ["a,b"], details: { q: '"' } } as never;
  expect(toCsv({ position: 1, hash: "00", event })).toContain(`'=cmd(),,"a,b"`);
});

test("an export and its end are events themselves, with who asked", async () => {
  const owner = await filled("Audited", 3);
  const { row, payload } = await requestExport(database, owner, "ndjson");
  await runExport(database, payload);
  const { rows } = await admin.query(
    "select action, person_id, actor, service, details from audit.events where row_id = $1 order by id",
    [row.id],
  );
  expect(rows[0]).toMatchObject({
    action: "audit_export.created",
    person_id: owner.personId,
    actor: "member",
    details: { format: "ndjson" },
  });
  expect(rows.at(-1)).toMatchObject({
    action: "audit_export.updated",
    service: "notary",
    actor: "service",
    person_id: owner.personId,
    details: { status: ["running", "done"] },
  });
});

describe.each(["ocsf", "cef"] as const)("%s to a webhook", (format) => {
  test("comes once and in order, though the collector was down, and a worker died after a delivery and before it noted it", async () => {
    const owner = await filled(`Webhook ${format}`);
    const siem = await startWebhookSiem(hmacKey);
    const sinkId = await sinkOf(owner, siem, "webhook");
    const total = await sealedCount(owner);
    const { row, payload } = await requestExport(database, owner, format, sinkId);
    siem.refuse = { times: 1, status: 503 };
    await expect(runExport(database, payload, { keys })).rejects.toMatchObject({ code: "SINK_UNREACHABLE" });
    // The first part is kept by the collector; before its answer is noted, another worker takes the job over.
    let deaths = 0;
    siem.onKept = async () => {
      if (deaths++ === 0)
        await admin.query("update session.tokens set revoked_at = now() where ticket_id = $1", [
          payload.ticket_id,
        ]);
    };
    await expect(runExport(database, payload, { keys })).rejects.toThrow();
    await runExport(database, payload, { keys });
    expect(await exportRow(row.id)).toMatchObject({ status: "done", done_position: String(total) });
    expect(siem.received.length).toBeGreaterThan(total);
    expect(siem.kept.length).toBe(total);
    const positions = siem.kept.map((line) =>
      format === "ocsf" ? JSON.parse(line).metadata.sequence : Number(/ cn1=(\d+) /.exec(line)![1]),
    );
    expect(positions).toEqual(positions.map((_, i) => i + 1));
  });
});

test("to a syslog collector over TLS, each once and in order, and the next export goes on where this one ended", async () => {
  const owner = await filled("Syslog", 600);
  const siem = await startSyslogSiem();
  const sinkId = await sinkOf(owner, siem, "syslog");
  const first = await requestExport(database, owner, "cef", sinkId);
  await expect(requestExport(database, owner, "cef", sinkId)).rejects.toMatchObject({ code: "ZA011" });
  let deaths = 0;
  siem.onKept = async () => {
    if (deaths++ === 0)
      await admin.query("update session.tokens set revoked_at = now() where ticket_id = $1", [
        first.payload.ticket_id,
      ]);
  };
  await expect(runExport(database, first.payload)).rejects.toThrow();
  await runExport(database, first.payload);
  const before = siem.kept.length;
  expect(before).toBe(Number((await exportRow(first.row.id)).through_position));
  await seal(database, key);
  const second = await requestExport(database, owner, "cef", sinkId);
  await runExport(database, second.payload);
  const positions = siem.kept.map((line) => Number(/ cn1=(\d+) /.exec(line)![1]));
  expect(positions).toEqual(positions.map((_, i) => i + 1));
  expect(positions.length).toBeGreaterThan(before);
});

describe("a collector", () => {
  test("on a private address is refused, and says so in the export", async () => {
    const owner = await filled("Private", 3);
    const siem = await startSyslogSiem();
    const sinkId = await sinkOf(owner, siem, "syslog");
    const { row, payload } = await requestExport(database, owner, "cef", sinkId);
    await runExport(database, payload, { find: findPublicAddresses });
    expect(await exportRow(row.id)).toMatchObject({ status: "failed", error_code: "EGRESS_ADDRESS_REFUSED" });
    expect(siem.received).toEqual([]);
  });

  test("with a certificate of somebody else gets nothing", async () => {
    const owner = await filled("Stranger", 3);
    const [siem, other] = [await startSyslogSiem(), await startSyslogSiem()];
    siems.push(other);
    const sinkId = await sinkOf(owner, { ...siem, authority: other.authority } as Siem, "syslog");
    siems.push(siem);
    const { payload } = await requestExport(database, owner, "cef", sinkId);
    await expect(runExport(database, payload)).rejects.toMatchObject({ code: "SINK_UNREACHABLE" });
    expect(siem.received).toEqual([]);
  });

  test("that refuses for good ends the export with its code", async () => {
    const owner = await filled("Refused", 3);
    const siem = await startWebhookSiem(Buffer.from("another key"));
    const sinkId = await sinkOf(owner, siem, "webhook");
    const { row, payload } = await requestExport(database, owner, "ocsf", sinkId);
    await runExport(database, payload, { keys });
    expect(await exportRow(row.id)).toMatchObject({ status: "failed", error_code: "SINK_REFUSED" });
  });
});

test("pulled by cursor: each event once, in order, without gaps", async () => {
  const owner = await filled("Pull", 250);
  const positions: number[] = [];
  for (let after = 0; ;) {
    const { rows } = await asMember(database, owner.accessToken, (c) =>
      c.query("select * from audit.pull_events($1, 100)", [after]),
    );
    if (rows.length === 0) break;
    positions.push(...rows.map((row) => Number(row.position)));
    after = positions.at(-1)!;
  }
  expect(positions).toEqual(Array.from({ length: await sealedCount(owner) }, (_, i) => i + 1));
});

test("is for whoever may export, in their own workspace only", async () => {
  const owner = await filled("Rights", 3);
  const other = await filled("Elsewhere", 3);
  const analyst = await addMember(database, owner, "analyst");
  await expect(requestExport(database, analyst, "csv")).rejects.toMatchObject({ code: "ZT001" });
  await expect(
    asMember(database, analyst.accessToken, (c) => c.query("select * from audit.pull_events(0, 1)")),
  ).rejects.toMatchObject({ code: "ZT001" });
  const { row, payload } = await requestExport(database, owner, "ndjson");
  await runExport(database, payload);
  expect(await download(database, other, row.id)).toBe("");
  expect(await download(database, analyst, row.id)).toBe("");
});
