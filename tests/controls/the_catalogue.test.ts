import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { catalogue, citations, promises } from "../../controls/catalogue.ts";

test("there are 299 promises, each with its own id", async () => {
  const ids = (await promises()).map((promise) => promise.id);
  expect(ids).toHaveLength(299);
  expect(new Set(ids).size).toBe(299);
});

test("no test cites a promise that does not exist, or one that no software can show (OPP-01)", async () => {
  const showable = new Set(
    (await promises()).filter((promise) => promise.kind !== "statement").map((promise) => promise.id),
  );
  const wrong = [...(await citations())]
    .filter(([id]) => !showable.has(id))
    .map(([id, tests]) => `${id}: ${tests[0]!.file}`);
  expect(wrong).toEqual([]);
});

test("the page of controls says what the tests say (OPP-67)", async () => {
  expect(await readFile(new URL("../../docs/controls.md", import.meta.url), "utf8")).toBe(await catalogue());
});
