import { readFile } from "node:fs/promises";
import { buildSchema, isInputObjectType, isObjectType } from "postgraphile/graphql";
import type { GraphQLSchema } from "postgraphile/graphql";
import { beforeAll, describe, expect, it } from "vitest";
import { exposedSchemas } from "../../api/graphql/preset.ts";
import { printDatabaseSchema } from "../../api/graphql/schema.ts";
import { createDatabase } from "../helpers/database.ts";
import type { TestDatabase } from "../helpers/database.ts";

let database: TestDatabase;
let text: string;
let schema: GraphQLSchema;

beforeAll(async () => {
  database = await createDatabase();
  text = await printDatabaseSchema(database.url("bulkhead_api"));
  schema = buildSchema(text);
});

function fieldNames(type: string): string[] {
  const found = schema.getType(type);
  return isObjectType(found) || isInputObjectType(found) ? Object.keys(found.getFields()) : [];
}

describe("the schema", () => {
  it("is the one in schema.graphql", async () => {
    expect(
      await readFile(new URL("../../schema.graphql", import.meta.url), "utf8"),
      "run npm run codegen",
    ).toBe(text);
  });

  it("has each name once, without the schema that it comes from", async () => {
    const { rows } = await database.pool("postgres").query(
      `select name, count(*)::int from (
         select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname = any ($1) and c.relkind in ('r', 'p', 'v', 'm')
         union all
         select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
         where n.nspname = any ($1) and has_function_privilege('bulkhead_member', p.oid, 'execute')
       ) names group by name having count(*) > 1`,
      [exposedSchemas],
    );
    expect(rows).toEqual([]);
    expect(
      Object.keys(schema.getTypeMap()).filter(
        (name) =>
          /^(Tenancy|Mail|Audit)[A-Z]/.test(name) &&
          // Not the schema's name but the thing's: an export of the audit log is none of the workspace's data.
          !/^(MailAddress|Audit(Event|Export|Head|Origin|Person|RetentionPolic|SealStatus|Sink|Subject))/.test(
            name,
          ),
      ),
    ).toEqual([]);
  });

  it("shows no ciphertext, no hash and no tenant column", () => {
    for (const type of Object.values(schema.getTypeMap())) {
      // The audit log's heads are there to be published: hashes of hashes, and when each was sealed.
      if (/^(AuditHead|AuditSubject|AuditSealStatus|PullAuditEvents)/.test(type.name)) continue;
      const shown = fieldNames(type.name).filter((name) => /sealed|hash|wrapped|workspaceId|jwe/i.test(name));
      expect(shown, type.name).toEqual([]);
    }
  });

  it("writes through functions only", () => {
    expect(fieldNames("Mutation")).toEqual(
      expect.arrayContaining(["invitePerson", "createTeam", "importMessages"]),
    );
    expect(
      fieldNames("Mutation")
        .filter((name) => /^(create|update|delete)/.test(name))
        .sort(),
    ).toEqual(
      expect.not.arrayContaining(["createMessage", "updateMembership", "deletePerson", "createEvent"]),
    );
    expect(Object.keys(schema.getTypeMap()).filter((name) => name.endsWith("Patch"))).toEqual([]);
  });

  it("has nothing of the private schemas", () => {
    expect(text).not.toMatch(
      /\b(signingKeys?|refreshTokens?|workspaceKeys?|sealedCalls?|callers?|tickets?)\b/i,
    );
    for (const name of [
      "authenticate",
      "provisionWorkspace",
      "storeMessage",
      "takeImport",
      "admit",
      "askToOpen",
      "record",
    ]) {
      expect([...fieldNames("Query"), ...fieldNames("Mutation")]).not.toContain(name);
    }
  });

  it("describes everything that comes from the database", () => {
    const bare: string[] = [];
    for (const type of Object.values(schema.getTypeMap())) {
      if (
        !isObjectType(type) ||
        type.name.startsWith("__") ||
        /(Payload|Connection|Edge|Record)$/.test(type.name)
      )
        continue;
      if (!type.description) bare.push(type.name);
    }
    expect(bare).toEqual([]);
  });
});
