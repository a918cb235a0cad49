import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { chmod, mkdtemp, rm, stat } from "node:fs/promises";
import { once } from "node:events";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import pg from "pg";
import { readNotaryKey } from "../audit/signatures.ts";
import { type EventLine, verifyExport } from "../audit/verify.ts";
import { withScratch } from "../database/scratch.ts";
import { attest } from "../worker/audit/attest.ts";
import { sealEvents } from "../worker/audit/seal.ts";

// node bench/audit_tampering.ts [rows]: a log of a million rows, sealed by the real notary; then each way to tamper with it, in an
// exported file and, as a superuser without triggers, in the database before the export. Prints which row the verifier names.
const ROWS = Number(process.argv[2] ?? 1_000_000);
const ROUNDS = 20;
/** The row that is tampered with. */
const PLACE = Math.floor(ROWS * 0.7);

const directory = await mkdtemp(path.join(os.tmpdir(), "bulkhead-tampering-"));
await chmod(directory, 0o755);
const pair = generateKeyPairSync("ed25519");
const key = readNotaryKey(JSON.stringify({ kid: "bench", ...pair.privateKey.export({ format: "jwk" }) }));
const publicKey = readNotaryKey(
  JSON.stringify({ kid: "bench", ...pair.publicKey.export({ format: "jwk" }) }),
);
const table: Record<string, object> = {};

try {
  await withScratch(
    null,
    () => {},
    async ({ adminUrl, url }) => {
      const admin = new pg.Client(adminUrl);
      const notary = new pg.Pool({ connectionString: url("bulkhead_notary"), max: 1 });
      await admin.connect();
      const workspaceId = await arrange(admin, notary);
      const whole = path.join(directory, "whole.ndjson");
      await exportTo(admin, workspaceId, whole);
      console.log(`exported: ${((await stat(whole)).size / 1e6).toFixed(0)} MB`);
      await check("nothing", whole);
      await tamperWithFile(whole);
      await tamperWithDatabase(admin, workspaceId);
      await notary.end();
      await admin.end();
    },
  );
  console.table(table);
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function arrange(admin: pg.Client, notary: pg.Pool): Promise<string> {
  const workspaceId = randomUUID();
  await admin.query("insert into tenancy.workspaces (id, name) values ($1, 'Bench')", [workspaceId]);
  const started = Date.now();
  let sealing = 0;
  for (let round = 0; round < ROUNDS; round++) {
    await admin.query(
      `insert into audit.events (workspace_id, action, row_id, changed_columns, details, actor, person_id, request_id)
      select $1, 'team.updated', gen_random_uuid(), '{name}', jsonb_build_object('code', 'C' || i), 'member', gen_random_uuid(), 'req-' || i
      from generate_series(1, $2::int) i`,
      [workspaceId, Math.floor(ROWS / ROUNDS)],
    );
    const before = Date.now();
    const client = await notary.connect();
    await sealEvents(client, key);
    await attest(client, key);
    client.release();
    sealing += Date.now() - before;
  }
  console.log(
    `${ROWS} rows written and sealed in ${seconds(started)}, of which the notary ${(sealing / 1000).toFixed(0)} s`,
  );
  return workspaceId;
}

/** As a DBA does in psql. */
async function exportTo(
  admin: pg.Client,
  workspaceId: string,
  file: string,
  from: "here" | "begun" = "here",
) {
  if (from === "here") await admin.query("begin");
  await admin.query({
    text: `declare lines no scroll cursor for select audit.export_lines('${workspaceId}') as line`,
  });
  const out = createWriteStream(file);
  for (;;) {
    const { rows } = await admin.query("fetch 20000 from lines");
    if (rows.length === 0) break;
    if (!out.write(rows.map((row) => `${row.line}\n`).join(""))) await once(out, "drain");
  }
  out.end();
  await once(out, "close");
  await admin.query("close lines");
  if (from === "here") await admin.query("commit");
}

async function check(what: string, file: string): Promise<void> {
  const started = Date.now();
  const { fault, events } = await verifyExport(file, publicKey);
  table[what] = {
    verdict: fault ? fault.kind : `intact, ${events} rows`,
    "first bad row": fault?.position ?? "",
    "took s": ((Date.now() - started) / 1000).toFixed(1),
  };
}

/** Each way, in the file. */
async function tamperWithFile(whole: string): Promise<void> {
  const edit = async (
    what: string,
    change: (line: EventLine, held: Map<number, string>) => string[] | null,
  ) => {
    const file = path.join(directory, "tampered.ndjson");
    const out = createWriteStream(file);
    const held = new Map<number, string>();
    for await (const text of createInterface({
      input: createReadStream(whole),
      crlfDelay: Number.POSITIVE_INFINITY,
    })) {
      const position = Number(/^\{"type" : "event", "position" : (\d+)/.exec(text)?.[1] ?? Number.NaN);
      const near = position === PLACE - 1_000 || (position >= PLACE && position <= PLACE + 1);
      if (near) held.set(position, text);
      const lines = (near ? change(JSON.parse(text) as EventLine, held) : null) ?? [text];
      for (const line of lines) if (!out.write(`${line}\n`)) await once(out, "drain");
    }
    out.end();
    await once(out, "close");
    await check(`file: ${what}`, file);
  };
  await edit(`row ${PLACE} changed`, (line) =>
    line.position === PLACE
      ? [JSON.stringify({ ...line, event: { ...line.event!, action: "team.deleted" } })]
      : null,
  );
  await edit(`row ${PLACE} removed`, (line) => (line.position === PLACE ? [] : null));
  await edit(`a row inserted before ${PLACE}`, (line, held) =>
    line.position === PLACE ? [held.get(PLACE - 1_000)!, held.get(PLACE)!] : null,
  );
  await edit(`rows ${PLACE} and ${PLACE + 1} reordered`, (line, held) => {
    if (line.position === PLACE) return [];
    return line.position === PLACE + 1 ? [held.get(PLACE + 1)!, held.get(PLACE)!] : null;
  });
}

/** Each way, in the database, by one whom no trigger and no policy stops; taken back after the look. */
async function tamperWithDatabase(admin: pg.Client, workspaceId: string): Promise<void> {
  const at = (position: number) =>
    `(select event_id from audit.chain where workspace_id = '${workspaceId}' and position = ${position})`;
  const ways: [string, string[]][] = [
    [
      `row ${PLACE} changed`,
      [`update audit.events set person_id = gen_random_uuid() where id = ${at(PLACE)}`],
    ],
    [`row ${PLACE} removed`, [`delete from audit.events where id = ${at(PLACE)}`]],
    [
      `row ${PLACE} removed, with its place in the chain`,
      [
        `delete from audit.events where id = ${at(PLACE)}`,
        `delete from audit.chain where workspace_id = '${workspaceId}' and position = ${PLACE}`,
      ],
    ],
    [
      `a row inserted at ${PLACE}, those after it moved up`,
      [
        `update audit.chain set position = -position - 1 where workspace_id = '${workspaceId}' and position >= ${PLACE}`,
        `update audit.chain set position = -position where workspace_id = '${workspaceId}' and position < 0`,
        `with e as (insert into audit.events (workspace_id, action, actor) values ('${workspaceId}', 'team.created', 'member') returning id)
        insert into audit.chain (workspace_id, position, event_id, hash, resource, action) select '${workspaceId}', ${PLACE}, id, sha256('x'), 'team', 'team.created' from e`,
        `update audit.tips set position = position + 1 where workspace_id = '${workspaceId}'`,
      ],
    ],
    [
      `rows ${PLACE} and ${PLACE + 1} reordered`,
      [
        `update audit.chain c set position = 2 * ${PLACE} + 1 - c.position where workspace_id = '${workspaceId}' and position in (${PLACE}, ${PLACE + 1})`,
      ],
    ],
  ];
  for (const [what, statements] of ways) {
    const file = path.join(directory, "tampered.ndjson");
    await admin.query("begin");
    await admin.query("set local session_replication_role = replica");
    await admin.query("alter table audit.chain drop constraint if exists chain_position_is_positive");
    for (const statement of statements) await admin.query(statement);
    await exportTo(admin, workspaceId, file, "begun");
    await admin.query("rollback");
    await check(`database: ${what}`, file);
  }
}

function seconds(started: number): string {
  return `${((Date.now() - started) / 1000).toFixed(0)} s`;
}
