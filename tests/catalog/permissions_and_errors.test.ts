import { expect, test } from "vitest";
import { readSqlFiles } from "../../database/files.ts";
import { openCatalog } from "./support.ts";

const ask = await openCatalog();
const files = [...(await readSqlFiles("functions")), ...(await readSqlFiles("policies"))];
const catalogue = (await ask("select key from tenancy.permissions order by key")).map(
  (row) => row.key as string,
);

/** In the catalogue before what it permits is there: each with what will ask for it. */
const announced: Record<string, string> = {};

const asked = new Map<string, string>();
for (const file of files) {
  for (const match of file.text.matchAll(
    /(?:session\.(?:require|can|workspace_with|require_person)|tenancy\.require_owner)\(\s*'([^']+)'/g,
  ))
    asked.set(match[1]!, file.path);
}

test("every permission that a function or policy asks for is in the catalogue (DSK-41)", () => {
  expect(asked.size).toBeGreaterThan(10);
  for (const [permission, path] of asked) expect(catalogue, path).toContain(permission);
});

test("every permission of the catalogue is asked for somewhere: none permits nothing", () => {
  const unused = catalogue.filter((permission) => !asked.has(permission) && !(permission in announced));
  expect(unused).toEqual([]);
  for (const permission of Object.keys(announced)) expect(asked.has(permission), permission).toBe(false);
});

test("every error that a function raises has an SQLSTATE of ours: Z, an area, three digits, never 000", () => {
  let raised = 0;
  for (const file of files) {
    for (const match of file.text.matchAll(/raise\s+(?:exception\s+)?(?:using\s+)?([\s\S]*?);/gi)) {
      if (!/^raise\s+exception/i.test(match[0])) continue;
      const code = /errcode\s*=\s*'+([^']+)'/.exec(match[1]!)?.[1];
      expect(code, `${file.path}: ${match[0]}`).toMatch(/^Z[A-Z]\d{3}$/);
      expect(code, file.path).not.toMatch(/000$/);
      raised++;
    }
  }
  expect(raised).toBeGreaterThan(20);
});

test("a raised message is lower case and without a full stop, and never quotes what a caller sent but for known names", () => {
  for (const file of files.filter((one) => one.schema !== "isolation")) {
    for (const match of file.text.matchAll(/message\s*=\s*(?:format\()?'((?:[^']|'')*)'/g)) {
      expect(match[1], file.path).toMatch(/^[^A-Z]/);
      expect(match[1], file.path).not.toMatch(/\.$/);
    }
  }
});
