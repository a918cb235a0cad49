import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withClient } from "../../../database/connect.ts";
import { createDatabase, type TestDatabase } from "../../helpers/database.ts";

const main = fileURLToPath(new URL("../../../isolation/main.ts", import.meta.url));

let database: TestDatabase;
let directory: string;
beforeAll(async () => {
  database = await createDatabase();
  directory = await mkdtemp(path.join(os.tmpdir(), "isolation-cli-"));
});
afterAll(() => rm(directory, { recursive: true }));

/** Runs the command as the auditor, whose login holds no tenant's rights. */
function isolation(args: readonly string[], url: string | null = database.url("bulkhead_auditor")) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const { ISOLATION_DATABASE_URL: _, ...environment } = process.env;
    execFile(
      process.execPath,
      [main, ...args],
      {
        env: url === null ? environment : { ...environment, ISOLATION_DATABASE_URL: url },
        maxBuffer: 1 << 26,
      },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

describe("check", () => {
  test("passes the deployed database, exit 0", async () => {
    const { code, stdout } = await isolation(["check"]);
    expect(stdout).toContain("clean");
    expect(code, stdout).toBe(0);
  });

  test("fails a database that was loosened, exit 1, and names what is wrong and how to mend it", async () => {
    const other = await createDatabase();
    await withClient(other.adminUrl, (client) =>
      client.query("alter table mail.messages disable row level security"),
    );
    const { code, stdout } = await isolation(["check"], other.url("bulkhead_auditor"));
    expect(code).toBe(1);
    expect(stdout).toContain("T1  mail.messages");
    expect(stdout).toContain("alter table mail.messages enable row level security");
  });

  test("does not believe the database's own copy of the checks", async () => {
    const other = await createDatabase();
    await withClient(other.adminUrl, async (client) => {
      await client.query("alter table mail.messages disable row level security");
      await client.query("drop schema isolation cascade");
    });
    expect((await isolation(["check"], other.url("bulkhead_auditor"))).code).toBe(1);
  });

  test("writes nothing: it runs with a read-only login setting", async () => {
    const url = new URL(database.url("bulkhead_auditor"));
    url.searchParams.set("options", "-c default_transaction_read_only=on");
    expect((await isolation(["check"], url.toString())).code).toBe(0);
  });

  test("fails on an expired baseline entry", async () => {
    const file = path.join(directory, "expired.json");
    const { accepted } = JSON.parse(
      await readFile(new URL("../../../isolation/baseline.json", import.meta.url), "utf8"),
    );
    await writeFile(
      file,
      JSON.stringify({
        accepted: [...accepted, { id: "R1", object: "role x", reason: "old", expires: "2020-01-01" }],
      }),
    );
    const { code, stdout } = await isolation(["check", "--baseline", file]);
    expect(code).toBe(1);
    expect(stdout).toContain("expired on 2020-01-01");
  });

  test("fails when the model finds no tenant table to look at", async () => {
    const file = path.join(directory, "wrong.json");
    await writeFile(
      file,
      JSON.stringify({ name: "wrong", schemas: ["mail"], tenant: { columns: ["workspaceid"] } }),
    );
    const { code, stdout } = await isolation(["check", "--config", file]);
    expect(code).toBe(1);
    expect(stdout).toContain("no tenant table was found");
  });
});

describe("what cannot run", () => {
  test("ends with 2 where no database is named", async () => {
    expect(await isolation(["check"], null)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("ISOLATION_USAGE"),
    });
  });

  test("ends with 2 and without the password where the database does not answer", async () => {
    const url = "postgres://auditor:swordfish@127.0.0.1:1/none";
    const { code, stdout, stderr } = await isolation(["check"], url);
    expect(code).toBe(2);
    expect(stderr).toContain("ISOLATION_CANNOT_CONNECT");
    expect(stdout + stderr).not.toContain("swordfish");
  });

  test.each([[["chek"]], [["check", "--format", "pdf"]], [["check", "--colour"]], [["check", "--config"]]])(
    "ends with 2 for %j",
    async (args) => {
      expect((await isolation(args)).code).toBe(2);
    },
  );

  test("ends with 2 for a model with a misspelt field, and names it", async () => {
    const file = path.join(directory, "misspelt.json");
    await writeFile(
      file,
      JSON.stringify({ name: "x", tenant: { columns: ["a"] }, context: { condition: [] } }),
    );
    expect(await isolation(["check", "--config", file])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("context.condition"),
    });
  });
});

describe("matrix", () => {
  test("says who reaches what, and every policy in words", async () => {
    const { code, stdout } = await isolation(["matrix", "--format", "json"]);
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    const cell = (role: string, object: string, command: string) =>
      report.matrix.find(
        (row: Record<string, string>) =>
          row["role"] === role && row["object"] === object && row["command"] === command,
      );
    expect(cell("bulkhead_member", "mail.messages", "SELECT")).toMatchObject({ reach: "own", meant: true });
    expect(cell("bulkhead_member", "mail.messages", "SELECT").columns).not.toContain("sealed_body");
    expect(cell("bulkhead_member", "mail.messages", "DELETE")).toMatchObject({
      reach: "none",
      why: "no grant",
    });
    expect(cell("bulkhead_member", "tenancy.roles", "SELECT")).toMatchObject({ reach: "all", meant: true });
    expect(report.policies).toContainEqual(
      expect.objectContaining({
        object: "mail.messages",
        name: "select_member",
        meaning:
          "bulkhead_member may read rows of the session's own workspace, if its role has the permission messages.read.",
      }),
    );
  });

  test("writes an HTML page to a file", async () => {
    const file = path.join(directory, "report.html");
    const { code, stdout } = await isolation(["matrix", "--format", "html", "--output", file]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(await readFile(file, "utf8")).toContain("if its role has the permission messages.read");
  });
});

describe("as the auditor, in psql", () => {
  test("the deployed functions find what the command finds, and the auditor reads no tenant's rows", async () => {
    const auditor = database.pool("bulkhead_auditor", { max: 1 });
    const { rows } = await auditor.query(
      "select check_id || ' ' || object as line from isolation.findings()",
    );
    const report = JSON.parse((await isolation(["check", "--format", "json"])).stdout);
    const told = report.checks.flatMap(
      (check: { accepted: { finding: { checkId: string; object: string } }[] }) =>
        check.accepted.map(({ finding }) => `${finding.checkId} ${finding.object}`),
    );
    expect(rows.map((row) => row.line).sort()).toEqual(told.sort());
    await expect(auditor.query("select count(*) from mail.messages")).rejects.toMatchObject({
      code: "42501",
    });
  });
});
