import { expect, test } from "vitest";
import { readSqlFiles } from "../../database/files.ts";
import { splitStatements } from "../../database/statements.ts";

const texts = (sql: string) => splitStatements(sql).map((one) => one.text);

test("a file is split at the semicolons that end its statements", () => {
  expect(texts("select 1; select 2;\nselect 3")).toEqual(["select 1", "select 2", "select 3"]);
  expect(texts(" ;; -- nothing\n /* ; */ ")).toEqual([]);
});

test.each([
  ["strings", "select 'a;b', 'it''s;', \"c;d\""],
  ["escape strings", "select E'a\\';b', 'a\\'"],
  ["dollar quotes", "do $x$ begin; $$ ; end $x$"],
  ["comments", "select 1 -- a;b\n + 2 /* c; /* d; */ e; */"],
  [
    "bound bodies",
    "create function f() returns integer begin atomic select case when true then 1 else 2 end; select 2; end",
  ],
  ["parameters", "select $1; ".trim().slice(0, -1)],
])("semicolons in %s end none", (_title, sql) => {
  expect(texts(`${sql}; select 2;`)).toEqual([sql, "select 2"]);
});

test("each statement knows its line; comments before it are not its own", () => {
  expect(splitStatements("-- why\n\nselect 1;\n/* x\n*/ select\n2;").map((one) => one.line)).toEqual([3, 5]);
});

test("every file of ours splits into statements that begin with a known word", async () => {
  const files = [...(await readSqlFiles("functions")), ...(await readSqlFiles("policies"))];
  expect(files.length).toBeGreaterThan(80);
  for (const file of files) {
    for (const one of splitStatements(file.text)) {
      expect(one.text, file.path).toMatch(/^(create|comment|revoke|grant|alter|call|do|drop|reset)\b/);
    }
  }
});
