import { readFile, writeFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { attest } from "../../worker/audit/attest.ts";
import { type EventLine, type Line, verifyExport } from "../../audit/verify.ts";
import { chainHash, genesisHash } from "../../audit/encoding.ts";
import { createDatabase } from "../helpers/database.ts";
import { createWorkspace } from "../helpers/people.ts";
import { download, requestExport, runExport } from "./export_support.ts";
import { makeNotaryKey, runVerifier, seal, temporaryFile, withNotary } from "./support.ts";

const database = await createDatabase();
const admin = database.pool("postgres", { max: 2 });
const { key, publicKey, publicJwk } = await makeNotaryKey();
const owner = await createWorkspace(database, "Harbour");
const other = await createWorkspace(database, "Lighthouse");
let original: Line[];

const write = (lines: readonly Line[]) =>
  temporaryFile("export.ndjson", lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
const check = async (lines: readonly Line[]) => verifyExport(await write(lines), publicKey);
/** The place of a row's line. */
const at = (position: number) =>
  original.findIndex((line) => line.type === "event" && line.position === position);
const exported = async () => {
  const { row, payload } = await requestExport(database, owner, "ndjson");
  await runExport(database, payload);
  return (await download(database, owner, row.id))
    .trimEnd()
    .split("\n")
    .map((text) => JSON.parse(text) as Line);
};

beforeAll(async () => {
  for (let batch = 0; batch < 3; batch++) {
    await admin.query(
      "insert into tenancy.teams (workspace_id, name) select $1, 'Team ' || $2::text || ' ' || i from generate_series(1, 400) i",
      [owner.workspaceId, batch],
    );
    await seal(database, key);
  }
  await withNotary(database, (client) => attest(client, key));
  original = await exported();
});

test("accepts a whole export, offline, and says what it covers", async () => {
  const verdict = await check(original);
  expect(verdict).toMatchObject({ fault: null, workspaceId: owner.workspaceId, firstPosition: 1, heads: 3 });
  expect(verdict.events).toBeGreaterThan(1200);
  expect(verdict.roots.size).toBe(1);
});

test("the command line does the same, and ends with 1 when a row was changed", async () => {
  const keyFile = await temporaryFile("notary.json", publicJwk);
  const whole = await write(original);
  expect(await runVerifier(whole, keyFile)).toMatchObject({
    code: 0,
    output: expect.stringMatching(/^intact: \d+ events/),
  });
  await writeFile(whole, (await readFile(whole, "utf8")).replace("team.created", "team.deleted"));
  expect(await runVerifier(whole, keyFile)).toMatchObject({
    code: 1,
    output: expect.stringMatching(/^NOT INTACT: row \d+ changed/),
  });
});

describe("names the first row of a file that was", () => {
  test("changed, in any field", async () => {
    const fields: Partial<EventLine["event"]>[] = [
      { action: "team.deleted" },
      { occurred_at: "2020-01-01T00:00:00.000000Z" },
      { person_id: other.personId },
      { row_id: null },
      { changed_columns: [] },
      { details: { a: 1 } },
      { service: "ai" },
      { actor: "agent" },
      { request_id: "x" },
      { origin_id: other.personId },
      { sign_in_id: other.personId },
    ];
    for (const change of fields) {
      const line = original[at(700)] as EventLine;
      const verdict = await check(original.with(at(700), { ...line, event: { ...line.event!, ...change } }));
      expect(verdict.fault).toMatchObject({ kind: "changed", position: 700 });
    }
  });

  test("removed", async () => {
    expect((await check(original.toSpliced(at(700), 1))).fault).toMatchObject({
      kind: "removed",
      position: 700,
    });
  });

  test("removed at the end", async () => {
    const last = original.findLastIndex((line) => line.type === "event");
    expect((await check(original.slice(0, last))).fault).toMatchObject({ kind: "removed" });
  });

  test("inserted", async () => {
    expect((await check(original.toSpliced(at(700), 0, original[at(300)]!))).fault).toMatchObject({
      kind: "inserted",
      position: 700,
    });
  });

  test("moved", async () => {
    const swapped = original.with(at(700), original[at(701)]!).with(at(701), original[at(700)]!);
    expect((await check(swapped)).fault).toMatchObject({ kind: "reordered", position: 700 });
  });

  test("rewritten with every hash after it made anew: the signed head disagrees", async () => {
    let hash: Buffer = genesisHash(owner.workspaceId);
    const forged = original.map((line): Line => {
      if (line.type !== "event") return line;
      const event = line.position === 700 ? { ...line.event!, action: "team.deleted" } : line.event!;
      hash = chainHash(hash, line.position, event);
      return { ...line, event, hash: hash.toString("hex") };
    });
    const { fault } = await check(forged);
    expect(fault).toMatchObject({ kind: "rewritten" });
    expect(fault!.position).toBeLessThanOrEqual(700);
  });
});

test("refuses another notary's signature, and a head without a signature that covers the end", async () => {
  const stranger = await makeNotaryKey();
  expect((await verifyExport(await write(original), stranger.publicKey)).fault).toMatchObject({
    kind: "unsigned",
  });
  expect((await check(original.filter((line) => line.type !== "head"))).fault).toMatchObject({
    kind: "unsigned",
  });
});

test("refuses a head whose path does not lead to the root that it names", async () => {
  const index = original.findIndex((line) => line.type === "head" && line.root);
  const head = original[index] as Extract<Line, { type: "head" }>;
  const forged = { ...head, root: { ...head.root!, leaf_index: head.root!.leaf_index ^ 1 } };
  expect((await check(original.with(index, forged))).fault).toMatchObject({ kind: "unsigned" });
});

describe("what a DBA exports in psql", () => {
  const at = (position: number) =>
    `(select event_id from audit.chain where workspace_id = '${owner.workspaceId}' and position = ${position})`;

  /** After what a superuser does without triggers, taken back after the look. */
  const after = async (...statements: string[]) => {
    const client = await admin.connect();
    try {
      await client.query("begin");
      await client.query("set local session_replication_role = replica");
      await client.query("alter table audit.chain drop constraint chain_position_is_positive");
      for (const statement of statements) await client.query(statement);
      const { rows } = await client.query("select line from audit.export_lines($1, 0, $2) as line", [
        owner.workspaceId,
        original.findLast((line) => line.type === "event")!.position,
      ]);
      return await verifyExport(
        await temporaryFile("export.ndjson", rows.map((row) => `${row.line}\n`).join("")),
        publicKey,
      );
    } finally {
      await client.query("rollback");
      client.release();
    }
  };

  test("is the very file that the notary makes, but for the moment of its making", async () => {
    const { rows } = await admin.query("select line from audit.export_lines($1, 0, $2) as line", [
      owner.workspaceId,
      original.findLast((line) => line.type === "event")!.position,
    ]);
    const lines = rows.flatMap((row) => row.line.split("\n").map((line: string) => JSON.parse(line)));
    const [{ exported_at: _at, ...header }, ...rest] = lines;
    const [{ exported_at: _other, ...first }, ...others] = original as [any, ...Line[]];
    expect(header).toEqual(first);
    expect(rest).toEqual(others);
  });

  test.each([
    ["changed", "changed", [`update audit.events set details = '{"a": 1}' where id = ${at(500)}`]],
    ["removed", "removed", [`delete from audit.events where id = ${at(500)}`]],
    [
      "removed with its place in the chain",
      "removed",
      [
        `delete from audit.events where id = ${at(500)}`,
        `delete from audit.chain where workspace_id = '${owner.workspaceId}' and position = 500`,
      ],
    ],
    [
      "inserted, with those after it moved up",
      "changed",
      [
        `update audit.chain set position = -position - 1 where workspace_id = '${owner.workspaceId}' and position >= 500`,
        `update audit.chain set position = -position where workspace_id = '${owner.workspaceId}' and position < 0`,
        `with e as (insert into audit.events (workspace_id, action) values ('${owner.workspaceId}', 'team.created') returning id)
        insert into audit.chain (workspace_id, position, event_id, hash, resource, action)
        select '${owner.workspaceId}', 500, id, sha256('x'), 'team', 'team.created' from e`,
      ],
    ],
    [
      "reordered",
      "changed",
      [
        `update audit.chain set position = 1001 - position where workspace_id = '${owner.workspaceId}' and position in (500, 501)`,
      ],
    ],
  ])("names the first row of a database in which one was %s", async (_how, kind, statements) => {
    expect((await after(...statements)).fault).toMatchObject({ kind, position: 500 });
  });

  test("is granted to nobody: what it shows is the caller's own right alone", async () => {
    for (const login of ["bulkhead_api", "bulkhead_notary", "bulkhead_auditor"] as const)
      await expect(
        database.pool(login, { max: 1 }).query("select audit.export_lines($1)", [owner.workspaceId]),
      ).rejects.toMatchObject({ code: "42501" });
  });
});

describe("an export taken after a superuser, triggers off,", () => {
  /** What a superuser does to the database, undone after the look. */
  const after = async (sql: string, values: unknown[]) => {
    const client = await admin.connect();
    const before = await client.query(
      "select e.id, to_jsonb(e) as whole from audit.events e join audit.chain c on c.event_id = e.id where c.workspace_id = $1 and c.position = 500",
      [owner.workspaceId],
    );
    try {
      await client.query("set session_replication_role = replica");
      await client.query(sql, values);
      await client.query("set session_replication_role = origin");
      return await check(await exported());
    } finally {
      await client.query("set session_replication_role = replica");
      await client.query("delete from audit.events where id = $1", [before.rows[0].id]);
      await client.query(
        "insert into audit.events select (jsonb_populate_record(null::audit.events, $1)).*",
        [before.rows[0].whole],
      );
      await client.query("reset session_replication_role");
      client.release();
    }
  };
  const eventAt = "(select event_id from audit.chain where workspace_id = $1 and position = 500)";

  test("changed a row names it", async () => {
    expect(
      (
        await after(`update audit.events set person_id = gen_random_uuid() where id = ${eventAt}`, [
          owner.workspaceId,
        ])
      ).fault,
    ).toMatchObject({ kind: "changed", position: 500 });
  });

  test("removed a row names it", async () => {
    expect(
      (await after(`delete from audit.events where id = ${eventAt}`, [owner.workspaceId])).fault,
    ).toMatchObject({ kind: "removed", position: 500 });
  });

  test("changed nothing is whole", async () => {
    expect((await after("select $1::uuid", [owner.workspaceId])).fault).toBeNull();
  });

  test("put a row of their own onto the chain names it", async () => {
    const client = await admin.connect();
    try {
      await client.query("set session_replication_role = replica");
      await client.query(
        `with e as (insert into audit.events (workspace_id, action) values ($1, 'team.created') returning workspace_id, id)
         insert into audit.chain (workspace_id, position, event_id, hash, resource, action) select workspace_id, 600, id, sha256('x'), 'team', 'team.created' from e`,
        [owner.workspaceId],
      );
      const { fault } = await check(await exported());
      // Two rows claim the place: which comes first in the file is chance, and the second stands where 601 should.
      expect([600, 601]).toContain(fault!.position);
      expect(["inserted", "changed"]).toContain(fault!.kind);
    } finally {
      client.release(true);
    }
  });
});
