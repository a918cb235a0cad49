import { readdir, readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { errorsPage } from "../../api/errors/docs.ts";
import {
  constraintErrors,
  findDatabaseError,
  raisedErrors,
  requestErrors,
} from "../../api/errors/registry.ts";
import { authErrors } from "../../api/auth/errors.ts";
import { startTestApi } from "../helpers/api.ts";
import type { TestApi } from "../helpers/api.ts";
import { createDatabase } from "../helpers/database.ts";
import type { TestDatabase } from "../helpers/database.ts";
import { addMember, createWorkspace } from "../helpers/people.ts";
import type { SignedIn } from "../helpers/people.ts";

const root = new URL("../../", import.meta.url);

let database: TestDatabase;
let api: TestApi;
let owner: SignedIn;

beforeAll(async () => {
  database = await createDatabase();
  api = await startTestApi(database, { config: { statementTimeout: 2_000 } });
  owner = await createWorkspace(database, "Alpha");
});

/** Puts a function into the API for a moment, in the place of one that is there. */
async function replaceCreateTeam(body: string): Promise<() => Promise<unknown>> {
  const admin = database.pool("postgres");
  const { rows } = await admin.query(
    "select pg_get_functiondef('tenancy.create_team(text)'::regprocedure) as sql",
  );
  await admin.query(
    `create or replace function tenancy.create_team(name text) returns tenancy.teams language plpgsql as $body$
     begin ${body} return null; end $body$`,
  );
  return () => admin.query(rows[0].sql);
}

const createTeam = (name: string, who = owner) =>
  api.ask(
    who.accessToken,
    "mutation($name: String!) { createTeam(input: { name: $name }) { team { name } } }",
    { name },
  );

describe("a registered error", () => {
  it("keeps its code, message and hint", async () => {
    const viewer = await addMember(database, owner, "viewer");
    expect((await createTeam("x", viewer)).errors).toMatchObject([
      {
        message: "your role lacks the permission teams.manage",
        path: ["createTeam"],
        extensions: { code: "PERMISSION_DENIED", hint: "ask an admin of your workspace" },
      },
    ]);
  });

  it("of a constraint has our message, which quotes nothing", async () => {
    await createTeam("canary");
    const answer = await createTeam("canary");
    expect(answer).toMatchObject({ status: 200, codes: ["TEAM_NAME_TAKEN"] });
    expect(answer.text).not.toContain("canary");
    expect((await createTeam("")).codes).toEqual(["TEAM_NAME_LENGTH"]);
  });

  it("of a slow statement is a TIMEOUT", async () => {
    const restore = await replaceCreateTeam("perform pg_sleep(5);");
    expect((await createTeam("x")).codes).toEqual(["TIMEOUT"]);
    await restore();
  });

  it("never shows its detail", () => {
    const error = { code: "ZT001", message: "m", hint: "h", detail: "d", where: "w" };
    const shown = findDatabaseError(error);
    expect(shown).toEqual({ code: "PERMISSION_DENIED", message: "m", hint: "h" });
    expect(findDatabaseError({ code: "23505", constraint: "unknown", message: "m" })).toBe(undefined);
    expect(findDatabaseError({ code: "__proto__", constraint: "constructor", message: "m" })).toBe(undefined);
  });
});

describe("any other error", () => {
  it("is INTERNAL with a reference, under which the log has no value of the request", async () => {
    for (const body of [
      "raise exception using errcode = 'P0001', message = 'canary ' || create_team.name, detail = 'canary', hint = 'canary';",
      "raise exception using errcode = 'ZZ999', message = 'canary ' || create_team.name;",
      "perform create_team.name::integer;",
      "execute 'select canary from ' || create_team.name;",
    ]) {
      const restore = await replaceCreateTeam(body);
      const before = api.lines.length;
      const answer = await createTeam("canary_table");
      await restore();
      expect(answer.codes).toEqual(["INTERNAL"]);
      expect(answer.text).not.toContain("canary");
      const reference = answer.errors[0]!.extensions.reference as string;
      const lines = api.lines.slice(before);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain(reference);
      expect(lines[0]).toMatch(/sqlstate \w{5}/);
      expect(lines[0]).not.toContain("canary");
    }
  });

  it("of a variable does not quote the variable", async () => {
    const answer = await api.ask(
      owner.accessToken,
      "query($first: Int) { people(first: $first) { totalCount } }",
      {
        first: "canary",
      },
    );
    expect(answer).toMatchObject({ status: 400, codes: ["GRAPHQL_INVALID"] });
    expect(answer.text).not.toContain("canary");
  });

  it("of a name does not suggest others in production", async () => {
    const development = await api.ask(owner.accessToken, "{ peopl { totalCount } }");
    expect(development.errors[0]!.message).toContain("Did you mean");
    const { createMaskError } = await import("../../api/errors/mask_error.ts");
    const { GraphQLError } = await import("postgraphile/graphql");
    const mask = createMaskError({ log: () => {}, suggestions: false });
    expect(mask(new GraphQLError('Cannot query "peopl". Did you mean "people"?')).message).toBe(
      'Cannot query "peopl".',
    );
  });
});

describe("the registry", () => {
  it("has every code that a function raises, and no other", async () => {
    const raised = new Set<string>();
    for (const folder of ["functions", "policies"]) {
      for (const file of await readdir(new URL(folder, root), { recursive: true })) {
        if (!file.endsWith(".sql")) continue;
        const sql = await readFile(new URL(`${folder}/${file}`, root), "utf8");
        for (const [, code] of sql.matchAll(/errcode\s*=\s*'(Z\w{4})'/g)) raised.add(code!);
      }
    }
    expect(raised.size).toBeGreaterThan(15);
    const signals = [...raised].filter((code) => /^Z.9/.test(code));
    expect([...raised].filter((code) => !signals.includes(code)).sort()).toEqual(
      Object.keys(raisedErrors).sort(),
    );
  });

  it("names constraints and indexes that exist", async () => {
    const { rows } = await database
      .pool("postgres")
      .query(
        "select conname as name from pg_constraint union select relname from pg_class where relkind = 'i'",
      );
    const names = new Set(rows.map(({ name }) => name));
    expect(Object.keys(constraintErrors).filter((name) => !names.has(name))).toEqual([]);
  });

  it("uses one spelling for codes", () => {
    const codes = [
      ...Object.values(raisedErrors).map(({ code }) => code),
      ...Object.values(constraintErrors).map(({ code }) => code),
      ...Object.keys(requestErrors),
      ...Object.keys(authErrors),
    ];
    expect(codes.filter((code) => !/^[A-Z][A-Z_]+$/.test(code))).toEqual([]);
    expect(
      Object.keys(raisedErrors).filter((state) => !/^Z[A-Z]\d{3}$/.test(state) || state.endsWith("000")),
    ).toEqual([]);
  });

  it("is what docs/errors.md shows", async () => {
    expect(await readFile(new URL("docs/errors.md", root), "utf8"), "run npm run docs:errors").toBe(
      errorsPage(),
    );
  });
});
