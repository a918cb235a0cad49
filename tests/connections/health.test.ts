import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { lastErrors } from "../../api/connections/health_plugin.ts";
import { startTestApi } from "../helpers/api.ts";
import { createDatabase } from "../helpers/database.ts";
import { addMember, asMember, createWorkspace } from "../helpers/people.ts";
import { beginConnection, declareMailbox } from "../subscriptions/support.ts";

const database = await createDatabase();
const admin = database.pool("postgres", { max: 1 });
await declareMailbox(database);
const api = await startTestApi(database, { sealed: {} });
const owner = await createWorkspace(database, "Harbour");
const LIST = "{ connections { nodes { rowId lastError lastErrorCode lastSyncAt } } }";
const list = async (token: string) => (await api.ask<any>(token, LIST)).data.connections.nodes as any[];

describe("how a connection does", () => {
  test("is said in words for every code that a provider or the guard can give", async () => {
    const sources = ["worker/providers/provider_error.ts", "worker/egress/errors.ts"];
    for (const source of sources) {
      const text = await readFile(new URL(`../../${source}`, import.meta.url), "utf8");
      const codes = [...text.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, code]) => code!);
      expect(codes.length).toBeGreaterThan(5);
      expect(Object.keys(lastErrors)).toEqual(expect.arrayContaining(codes));
    }
    for (const words of Object.values(lastErrors)) expect(words).toMatch(/^[a-z][^A-Z.]+[^.]$/);
  });

  test("says nothing where nothing is wrong, and never a code that has no words", async () => {
    const person = await addMember(database, owner, "user");
    const id = await beginConnection(database, person);
    expect(await list(person.accessToken)).toEqual([
      { rowId: id, lastError: null, lastErrorCode: null, lastSyncAt: null },
    ]);
    for (const [code, words] of [
      ["PROVIDER_GRANT_INVALID", "the provider no longer honours this connection: connect again"],
      ["CANARY_CODE", "something failed on our side: try again"],
    ]) {
      await admin.query(
        "update connections.connections set state = 'failed', last_error_code = $2 where id = $1",
        [id, code],
      );
      expect((await list(person.accessToken))[0].lastError).toBe(words);
    }
  });

  test("and when its provider last answered well, to who may see the connection and to nobody else", async () => {
    const person = await addMember(database, owner, "user");
    const colleague = await addMember(database, owner, "user");
    const stranger = await createWorkspace(database, "Lighthouse");
    const id = await beginConnection(database, person);
    for (const [success, at] of [
      [true, "2026-01-01T00:00:00Z"],
      [true, "2026-01-02T00:00:00Z"],
      [false, "2026-01-03T00:00:00Z"],
    ]) {
      await admin.query(
        `insert into connections.calls (workspace_id, connection_id, provider, operation, success, duration_ms, occurred_at)
         values ($1, $2, 'smtp_imap', 'imap.sign_in', $3, 1, $4)`,
        [person.workspaceId, id, success, at],
      );
    }
    const mine = (await list(person.accessToken)).find(({ rowId }) => rowId === id);
    expect(Date.parse(mine.lastSyncAt)).toBe(Date.parse("2026-01-02T00:00:00Z"));
    expect((await list(owner.accessToken)).find(({ rowId }) => rowId === id).lastSyncAt).toBe(
      mine.lastSyncAt,
    );
    for (const other of [colleague, stranger]) {
      const { rows } = await asMember(database, other.accessToken, (client) =>
        client.query("select connections.last_sync_at($1) as at", [id]),
      );
      expect(rows).toEqual([{ at: null }]);
    }
  });
});
