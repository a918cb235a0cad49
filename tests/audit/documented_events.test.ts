import { readFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const read = (file: string) => readFileSync(new URL(file, root), "utf8");

/** The table of typed events in the documentation. */
const rows = [
  ...read("docs/audit.md").matchAll(/^\| (`[a-z_]+\.[a-z_]+`.*?) +\| (.*?) +\| (.*?) +\|$/gm),
].map(([, events, when, told]) => ({
  events: [...events!.matchAll(/`([a-z_]+\.[a-z_]+)`/g)].map((match) => match[1]!),
  reserved: when!.startsWith("reserved: "),
  functions: [...told!.matchAll(/`([a-z_]+\.[a-z_]+)`/g)].map((match) => match[1]!),
}));

/** Everything that runs, by path: SQL without what only writes down rights, and TypeScript without tests. */
const sources = new Map<string, string>();
for await (const file of glob(["functions/**/*.sql", "{api,worker,start,demo}/**/*.ts", "*.ts"], {
  cwd: root,
}))
  if (!file.startsWith("functions/isolation/")) sources.set(file.replaceAll("\\", "/"), read(file));

const written = [...sources].flatMap(([file, text]) =>
  file.endsWith(".sql")
    ? [...text.matchAll(/audit\.(?:append|record)\(([^;]*);/g)].flatMap((call) =>
        [...call[1]!.matchAll(/'([a-z_]+\.[a-z_]+)'/g)].map((match) => match[1]!),
      )
    : [],
);

test("the table names every typed event that a function writes, and no other", () => {
  expect(rows.length).toBeGreaterThan(12);
  expect(new Set(rows.flatMap((row) => row.events))).toEqual(new Set(written));
});

test.each(rows.map((row) => [row.events.join(", "), row] as const))(
  "%s is written by the functions that the table names",
  (_name, { events, functions }) => {
    const texts = functions.map((name) => sources.get(`functions/${name.replace(".", "/")}.sql`) ?? "");
    for (const event of events) expect(texts.join("\n")).toContain(`'${event}'`);
  },
);

test.each(rows.flatMap((row) => row.functions.map((name) => [name, row.reserved] as const)))(
  "%s has a caller outside the tests, unless its event is reserved",
  (name, reserved) => {
    const own = `functions/${name.replace(".", "/")}.sql`;
    const callers = [...sources].filter(([file, text]) => file !== own && text.includes(`${name}(`));
    // What members call by GraphQL is granted to their role.
    const byMembers = new RegExp(
      `grant execute on function ${name.replace(".", "\\.")}\\(.*bulkhead_member`,
    ).test(sources.get(own)!);
    if (reserved) expect(callers.map(([file]) => file)).toEqual([]);
    else expect(callers.length > 0 || byMembers).toBe(true);
  },
);
