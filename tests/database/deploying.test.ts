import { appendFileSync, mkdirSync, rmSync, writeFileSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ApplyError } from "../../database/apply_error.ts";
import { urlFor, withClient } from "../../database/connect.ts";
import { deploy } from "../../database/deploy.ts";
import { dumpSchema } from "../../database/dump.ts";
import { logins } from "../../database/services.ts";
import { copyFiles, snapshot, startCluster, versions, type Cluster, type Target } from "./support.ts";

const dumps = new Map<string, string>();

for (const { version, missing } of versions) {
  // Skipped where the binaries are missing; the reason is in the title.
  describe.skipIf(missing !== null)(
    `deploy on Postgres ${version}${missing ? ` (skipped: ${missing})` : ""}`,
    () => {
      let cluster: Cluster;
      let target: Target;

      beforeAll(async () => {
        cluster = await startCluster(version);
        target = await cluster.create("bulkhead");
      });
      afterAll(() => cluster.stop());

      const dump = (of = target) => withClient(of.adminUrl, dumpSchema);
      const failure = async (attempt: Promise<unknown>): Promise<ApplyError> =>
        attempt.then(
          () => {
            throw new Error("expected a failure");
          },
          (error) => error,
        );

      test("makes an empty database whole, and says what it did", async () => {
        const lines: string[] = [];
        expect(await deploy({ ...target.options, log: (line) => lines.push(line) })).toEqual({
          changed: true,
        });
        expect(lines.join("\n")).toMatch(/functions and policies: applied/);
        const [{ version: server }] = await target.ask(
          "select current_setting('server_version_num') as version",
        );
        expect(server.slice(0, 2)).toBe(version);
        dumps.set(version, await dump());
        expect(dumps.get(version)).toContain("create policy select_member on mail.messages");
      });

      test("a second time changes nothing: not a row of the catalog is made anew", async () => {
        const before = await snapshot(target);
        expect(await deploy(target.options)).toEqual({ changed: false });
        expect(await deploy({ deployUrl: target.deployUrl })).toEqual({ changed: false });
        expect(await snapshot(target)).toBe(before);
      });

      test("without an administrator, after a DBA has applied roles.sql and opened the database", async () => {
        const other = await cluster.create("by_a_dba");
        const error = await failure(deploy({ deployUrl: other.deployUrl }));
        expect(error).toMatchObject({ code: "DEPLOY_DATABASE_CLOSED" });
        // The message holds the statements that mend it.
        const statements = /run: (.*); or set/.exec(error.message)![1]!;
        await other.ask(statements);
        expect(await deploy({ deployUrl: other.deployUrl })).toEqual({ changed: true });
        expect(await dump(other)).toBe(await dump());
      });

      test("what was put in by hand is gone after the next change of the files", async () => {
        const clean = await dump();
        await target.ask(`
        set role bulkhead_owner;
        create policy by_hand on mail.messages for select to bulkhead_member using (true);
        create function mail.by_hand() returns integer language sql as 'select 1';
        create function tenancy.leaning_on_a_view() returns integer language sql as 'select 1';
        create view tenancy.by_hand as select tenancy.leaning_on_a_view() as one;
        create materialized view mail.by_hand_too as select 1 as one;
        create rule by_hand as on insert to tenancy.teams do nothing;
        create trigger by_hand before insert on tenancy.teams for each row execute function audit.refuse_change();
        alter table tenancy.teams disable trigger audit_insert;
        alter table tenancy.people no force row level security;
        alter table tenancy.people disable row level security;
        grant select on mail.messages to bulkhead_member, bulkhead_anonymous, public;
        grant update (name) on tenancy.people to bulkhead_agent;
        grant execute on function tenancy.level() to public;
        grant usage on schema keyring to bulkhead_member;
        grant all on keyring.workspace_keys to bulkhead_keeper;
        reset role;
        create role some_analyst;
        grant usage on schema mail to some_analyst;
        grant select on mail.messages to some_analyst with grant option;
        set role bulkhead_queue;
        grant select on queue_identity._private_jobs to bulkhead_member;
        create policy by_hand on queue_identity._private_jobs using (true);
        reset role`);
        expect(await dump()).not.toBe(clean);
        using files = copyFiles();
        appendFileSync(files.file("functions/tenancy/level.sql"), "\n-- A change.\n");
        expect(await deploy({ ...target.options, base: files.base })).toEqual({ changed: true });
        expect(await dump()).toBe(clean);
        expect(await target.ask("select from pg_policies where policyname = 'by_hand'")).toEqual([]);
        expect(
          await target.ask(
            "select has_table_privilege('bulkhead_member', 'queue_identity._private_jobs', 'select') as may",
          ),
        ).toEqual([{ may: false }]);
        await deploy(target.options);
      });

      test("a file that is removed takes its function with it", async () => {
        using files = copyFiles();
        rmSync(files.file("functions/tenancy/update_workspace.sql"));
        await deploy({ ...target.options, base: files.base });
        const there = "select to_regprocedure('tenancy.update_workspace(text)') as made";
        expect(await target.ask(there)).toEqual([{ made: null }]);
        await deploy(target.options);
        expect(await target.ask(there)).not.toEqual([{ made: null }]);
      });

      test("a function that changes its arguments leaves no former one beside it", async () => {
        using files = copyFiles();
        const file = files.file("functions/tenancy/update_workspace.sql");
        writeFileSync(
          file,
          readFileSync(file, "utf8")
            .replace("(name text)", "(name text, note text)")
            .replaceAll("(text)", "(text, text)"),
        );
        await deploy({ ...target.options, base: files.base });
        const rows = await target.ask(
          "select oid::regprocedure::text as name from pg_proc where proname = 'update_workspace'",
        );
        expect(rows).toEqual([{ name: "tenancy.update_workspace(text,text)" }]);
        await deploy(target.options);
      });

      describe("a file that is refused names itself and its line, and leaves the old state whole:", () => {
        const table =
          "alter table mail.inboxes enable row level security;\nalter table mail.inboxes force row level security;\n";
        const cases: [title: string, file: string, text: string, line: number, message: RegExp][] = [
          [
            "a syntax error in a statement",
            "policies/mail/inboxes.sql",
            `-- one\n${table}create polcy x;\n`,
            4,
            /syntax error/,
          ],
          [
            "a grant of a column that is not there",
            "policies/mail/inboxes.sql",
            `${table}\ngrant select (nope) on mail.inboxes to bulkhead_member;\n`,
            4,
            /nope/,
          ],
          [
            "a policy for a role that is not there",
            "policies/mail/inboxes.sql",
            `${table}create policy x on mail.inboxes to nobody_here using (true);\n`,
            3,
            /nobody_here/,
          ],
          [
            "a policy that calls what is not there",
            "policies/mail/inboxes.sql",
            `${table}create policy x on mail.inboxes to bulkhead_member\n  using (workspace_id = (select session.nope()));\n`,
            3,
            /session\.nope/,
          ],
          [
            "a failing do block",
            "policies/mail/inboxes.sql",
            `${table}\n\ndo $$ begin\n  perform 1 / 0;\nend $$;\n`,
            5,
            /division by zero/,
          ],
          [
            "a failing call",
            "policies/mail/inboxes.sql",
            `${table}call audit.watch('mail.nope', 'nope');\n`,
            3,
            /mail\.nope/,
          ],
          [
            "a misspelt word in a plpgsql body",
            "functions/tenancy/broken.sql",
            body("plpgsql", "begin\n  retrun 1;\nend"),
            7,
            /syntax error/,
          ],
          [
            "a table that is not there in a string body",
            "functions/tenancy/broken.sql",
            body("sql", "\n  select 1 from tenancy.nope\n"),
            7,
            /tenancy\.nope/,
          ],
          [
            "a function that is not there in a bound body",
            "functions/tenancy/broken.sql",
            "create or replace function tenancy.broken() returns integer\nlanguage sql\nbegin atomic\n  select case when true then tenancy.nope() end;\nend;\n",
            4,
            /tenancy\.nope/,
          ],
          ["a schema that is not there", "functions/nope/broken.sql", "select 1;", 1, /no schema nope/],
        ];
        function body(language: string, source: string): string {
          return `-- Why.\ncreate or replace function tenancy.broken() returns integer\nlanguage ${language}\nset search_path to pg_catalog, pg_temp\nas $$\n${source}\n$$;\n`;
        }

        test.each(cases)("%s", async (_title, name, text, line, message) => {
          const before = await snapshot(target);
          using files = copyFiles();
          mkdirSync(path.dirname(files.file(name)), { recursive: true });
          writeFileSync(files.file(name), text);
          const error = await failure(deploy({ ...target.options, base: files.base }));
          expect(error).toBeInstanceOf(ApplyError);
          expect(error.message).toMatch(message);
          expect({ code: error.code, file: error.file, line: error.line }).toEqual({
            code: "DEPLOY_FILE_REFUSED",
            file: name,
            line,
          });
          expect(error.message.startsWith(`${name}:${line}: `)).toBe(true);
          expect(await snapshot(target)).toBe(before);
        });
      });

      test("a table that was made anew gets its policies again, though no file changed (ISOLATION T1)", async () => {
        const clean = await dump();
        // What a migration does that changes a table's shape for good.
        await target.ask(`
        begin; set local role bulkhead_owner;
        create table mail.fresh (like mail.message_references including all);
        drop table mail.message_references;
        alter table mail.fresh rename to message_references;
        commit`);
        const enabled =
          "select relrowsecurity and relforcerowsecurity as enabled from pg_class where oid = 'mail.message_references'::regclass";
        expect(await target.ask(enabled)).toEqual([{ enabled: false }]);
        expect(await deploy({ deployUrl: target.deployUrl })).toEqual({ changed: true });
        expect(await target.ask(enabled)).toEqual([{ enabled: true }]);
        const policiesOf = (text: string) =>
          text
            .split("\n")
            .filter((line) =>
              /^(create policy|grant|create trigger) .* mail\.message_references/i.test(line),
            );
        expect(policiesOf(await dump())).toEqual(policiesOf(clean));
      });

      test("data is not dragged along: a column that leans on a function stops the deployment, whole", async () => {
        await target.ask(`
        set role bulkhead_owner;
        create function mail.by_hand() returns integer language sql immutable as 'select 1';
        alter table mail.inboxes add column leaning integer default mail.by_hand();
        reset role`);
        const before = await snapshot(target);
        using files = copyFiles();
        appendFileSync(files.file("functions/tenancy/level.sql"), "\n-- A change.\n");
        const error = await failure(deploy({ ...target.options, base: files.base }));
        expect(error.message).toMatch(/mail\.by_hand\(\).*leaning.*mail\.inboxes/);
        expect(await snapshot(target)).toBe(before);
        await target.ask("alter table mail.inboxes drop column leaning; drop function mail.by_hand()");
      });

      test("two at once: one waits for the other, and both succeed", async () => {
        const other = await cluster.create("twice");
        const both = await Promise.all([deploy(other.options), deploy(other.options), deploy(other.options)]);
        expect(both.filter((one) => one.changed)).toHaveLength(1);
        const [{ keys }] = await other.ask("select count(*)::integer as keys from session.signing_keys");
        expect(keys).toBe(1);
      });

      test("two databases of one cluster at once", async () => {
        const targets = await Promise.all([cluster.create("left_side"), cluster.create("right_side")]);
        expect(await Promise.all(targets.map((one) => deploy(one.options)))).toEqual([
          { changed: true },
          { changed: true },
        ]);
      });

      test("a wrong password says whose it is and how to mend it, and never what it was", async () => {
        const error = await failure(
          deploy({ deployUrl: urlFor(target.deployUrl, { password: "planted-canary" }) }),
        );
        expect(error).toMatchObject({ code: "DEPLOY_LOGIN_REFUSED" });
        expect(error.message).toMatch(/bulkhead_deploy/);
        expect(`${error.message} ${error.stack}`).not.toMatch(/planted-canary|postgres:\/\//);
      });

      test("a login that is no member of the owners is told so before anything changes", async () => {
        await target.ask(`alter role bulkhead_auditor password '${cluster.password}'`);
        const error = await failure(
          deploy({ deployUrl: urlFor(target.deployUrl, { user: "bulkhead_auditor" }) }),
        );
        expect(error).toMatchObject({
          code: "DEPLOY_ROLES_MISSING",
          message: expect.stringMatching(/bulkhead_owner.*deploy as bulkhead_deploy/),
        });
      });

      test("no login may make a temporary table, and PUBLIC may not even connect", async () => {
        const rows = await target.ask(
          "select role, has_database_privilege(role, current_database(), 'temp') as temp from unnest($1::text[]) role",
          [[...logins, "bulkhead_member"]],
        );
        expect(rows.filter((row) => row.temp)).toEqual([]);
      });
    },
  );

  describe.skipIf(missing !== null)(`a cluster of Postgres ${version} without our roles`, () => {
    let cluster: Cluster;
    beforeAll(async () => {
      cluster = await startCluster(version);
    });
    afterAll(() => cluster.stop());

    test("is told which roles are missing and what makes them, before anything changes", async () => {
      const target = await cluster.create("bulkhead");
      await target.ask(`create role bulkhead_deploy login password '${cluster.password}'`);
      const error = await deploy({ deployUrl: target.deployUrl }).catch((refused: Error) => refused);
      expect(error).toMatchObject({ code: "DEPLOY_ROLES_MISSING" });
      expect((error as Error).message).toMatch(
        /bulkhead_owner, bulkhead_keeper.*migrations\/roles\.sql.*ADMIN_DATABASE_URL/,
      );
      expect(
        await target.ask("select nspname from pg_namespace where nspname in ('tenancy', 'graphile_migrate')"),
      ).toEqual([]);
    });
  });
}

test.skipIf(versions.some(({ missing }) => missing))("Postgres 15 and 18 end up with the same schema", () => {
  const [a, b] = versions.map(({ version }) => dumps.get(version)!);
  // The two print a query's aliases and spaces differently, and 18 makes time-ordered ids itself; nothing else may differ.
  expect(normalise(a!.replace(idMaker, ""))).toEqual(normalise(b!.replace(idMaker, "")));
  expect([a, b].map((text) => text!.match(idMaker)?.[0].includes("uuidv7()"))).toEqual(
    versions.map(({ version }) => version === "18"),
  );
});

const idMaker = /create or replace function app\.uuid_v7\(\)[^]*?\bend;/i;

function normalise(text: string): string[] {
  return text
    .replaceAll(/\b[a-z]{1,2}\./g, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
