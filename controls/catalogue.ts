import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** A promise that the security pages of such products make. */
export interface Promised {
  readonly id: string;
  readonly claim: string;
  /** `testable` here; `stand-in`: a provider, cloud or client part is stood in for; `statement`: paper or hosting, never a passed control. */
  readonly kind: "testable" | "stand-in" | "statement";
}

/** A test that cites a promise in its title. */
export interface Citation {
  readonly file: string;
  readonly title: string;
}

const root = fileURLToPath(new URL("..", import.meta.url));
const title = /\b(?:test|it|describe)(?:\.[a-z]+)*\s*(?:\([^)"'`]*\)\s*)?\(\s*(["'`])((?:(?!\1)[\s\S])*?)\1/g;
const cited = /\b(?:OPP|NUM|HLP|SPR|DSK)-\d\d\b/g;

/** All promises, in their order. */
export async function promises(): Promise<Promised[]> {
  return JSON.parse(await readFile(path.join(root, "controls", "promises.json"), "utf8")) as Promised[];
}

/** Which tests cite which promise, read from the tests' titles. A test that does not run is no evidence: see `npm test`. */
export async function citations(): Promise<Map<string, Citation[]>> {
  const found = new Map<string, Citation[]>();
  const files = (await readdir(path.join(root, "tests"), { recursive: true }))
    .filter((file) => file.endsWith(".test.ts"))
    .sort();
  for (const name of files) {
    const file = `tests/${name.split(path.sep).join("/")}`;
    for (const [, , text] of (await readFile(path.join(root, file), "utf8")).matchAll(title)) {
      for (const id of new Set(text!.match(cited) ?? [])) {
        found.set(id, [...(found.get(id) ?? []), { file, title: text!.replaceAll(/\s+/g, " ") }]);
      }
    }
  }
  return found;
}

/** The catalogue as a page: each promise, and the tests that show it. A promise without a test is said to have none. */
export async function catalogue(): Promise<string> {
  const all = await promises();
  const tests = await citations();
  const checked = all.filter((promise) => promise.kind !== "statement" && tests.has(promise.id));
  const open = all.filter((promise) => promise.kind !== "statement" && !tests.has(promise.id));
  const statements = all.filter((promise) => promise.kind === "statement");
  const lines = [
    "# Controls",
    "",
    "Made by `npm run controls` from the titles of the tests; do not edit. What a test shows here is shown by `npm test`.",
    "",
    `Of ${all.length} promises, ${checked.length} are shown by tests, ${open.length} are not built or not shown yet, and ${statements.length} are statements about`,
    "paper, vendors or hosting that no software here can show.",
    "",
    "## Shown by tests",
    "",
    "| promise | what is promised | shown by |",
    "| --- | --- | --- |",
    ...checked.map(
      (promise) =>
        `| ${promise.id} | ${promise.claim}${promise.kind === "stand-in" ? " *(against a stand-in)*" : ""} | ${shown(tests.get(promise.id)!)} |`,
    ),
    "",
    "## Not shown yet",
    "",
    "| promise | what is promised |",
    "| --- | --- |",
    ...open.map((promise) => `| ${promise.id} | ${promise.claim} |`),
    "",
    "## Statements, never counted as passed",
    "",
    "| promise | what is promised |",
    "| --- | --- |",
    ...statements.map((promise) => `| ${promise.id} | ${promise.claim} |`),
    "",
  ];
  return lines.join("\n");
}

function shown(tests: readonly Citation[]): string {
  const files = [...new Set(tests.map((test) => test.file))];
  return files
    .map((file) => `[${file.replace(/^tests\//, "").replace(/\.test\.ts$/, "")}](../${file})`)
    .join(", ");
}
