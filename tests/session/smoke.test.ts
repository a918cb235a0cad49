import { expect, test } from "vitest";
import { createDatabase } from "../helpers/database.ts";
import { addMember, apiPool, asMember, createWorkspace } from "../helpers/people.ts";

const database = await createDatabase();

test("a member sees their own workspace and no other", async () => {
  const a = await createWorkspace(database, "Harbour");
  const b = await createWorkspace(database, "Lighthouse");
  const c = await addMember(database, a, "user");
  const seen = async (t: string) => (await asMember(database, t, (q) => q.query("select id from tenancy.workspaces"))).rows.map((r) => r.id);
  expect(await seen(a.accessToken)).toEqual([a.workspaceId]);
  expect(await seen(b.accessToken)).toEqual([b.workspaceId]);
  expect(await seen(c.accessToken)).toEqual([a.workspaceId]);
  const { rows } = await apiPool(database).query("select * from session.authenticate($1)", [a.accessToken]);
  expect(rows[0]).toMatchObject({ reason: null, workspace_id: a.workspaceId });
  const r = await apiPool(database).query("select * from session.refresh($1)", [a.refreshToken]);
  expect(r.rows[0].reason).toBeNull();
  const r2 = await apiPool(database).query("select * from session.refresh($1)", [a.refreshToken]);
  expect(r2.rows[0].reason).toBe("REFRESH_REUSED");
  expect(await seen(a.accessToken)).toEqual([]);
  const ev = await asMember(database, b.accessToken, (q) => q.query("select action from audit.events order by id"));
  console.log(ev.rows.map(r=>r.action));
  await asMember(database, c.accessToken, (q) => q.query("select tenancy.leave_workspace()"));
  await expect(asMember(database, b.accessToken, (q) => q.query("select tenancy.leave_workspace()"))).rejects.toMatchObject({code:"ZT007"});
  const i = await asMember(database, b.accessToken, (q) => q.query("select * from mail.create_inbox('x')"));
  await asMember(database, b.accessToken, (q) => q.query("select * from mail.import_messages($1,'a.b.c.d.e')", [i.rows[0].id]));
});
