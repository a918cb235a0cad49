import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withClient } from "../../../database/connect.ts";
import { deploy } from "../../../database/deploy.ts";
import { createDatabase, type TestDatabase } from "../../helpers/database.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

let base: string;
beforeAll(async () => {
  base = await mkdtemp(path.join(os.tmpdir(), "deploy-isolation-"));
  for (const folder of ["functions", "policies"])
    await cp(path.join(root, folder), path.join(base, folder), { recursive: true });
});
afterAll(() => rm(base, { recursive: true }));

const deployTo = (database: TestDatabase, from?: string) =>
  deploy({ deployUrl: database.url("bulkhead_deploy"), base: from });

async function messagesPolicy(database: TestDatabase): Promise<string> {
  const { rows } = await withClient(database.adminUrl, (client) =>
    client.query(
      "select pg_get_expr(polqual, polrelid) as text from pg_policy where polrelid = 'mail.messages'::regclass and polname = 'select_member'",
    ),
  );
  return rows[0].text;
}

describe("deploy", () => {
  test("refuses files that open a table, says which policy, and leaves the old state whole", async () => {
    const database = await createDatabase();
    const before = await messagesPolicy(database);
    const file = path.join(base, "policies", "mail", "messages.sql");
    const text = await readFile(file, "utf8");
    await writeFile(
      file,
      text.replace("using (workspace_id = (select session.workspace_with('messages.read')))", "using (true)"),
    );
    const refused = deployTo(database, base);
    await expect(refused).rejects.toMatchObject({ code: "DEPLOY_ISOLATION_FAILED" });
    await expect(refused).rejects.toThrow(/critical P1 mail\.messages\.select_member/);
    expect(await messagesPolicy(database)).toBe(before);
    await writeFile(file, text);
  });

  test("refuses a database that somebody loosened by hand, though no file changed", async () => {
    const database = await createDatabase();
    await deployTo(database);
    await withClient(database.adminUrl, (client) =>
      client.query("alter table mail.inboxes disable row level security"),
    );
    await expect(deployTo(database)).rejects.toThrow(/T1 mail\.inboxes/);
  });

  test("passes the project as it is", async () => {
    const database = await createDatabase();
    await expect(deployTo(database)).resolves.toMatchObject({ changed: expect.any(Boolean) });
  });
});
