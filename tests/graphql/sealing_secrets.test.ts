import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { generateWorkerKeys, parsePublicKeys, parseWorkerKeys } from "../../envelope/keys.ts";
import { openSecret, sealSecret } from "../../envelope/secret.ts";
import { startTestApi } from "../helpers/api.ts";
import type { TestApi } from "../helpers/api.ts";
import { createDatabase } from "../helpers/database.ts";
import type { TestDatabase } from "../helpers/database.ts";
import { createWorkspace } from "../helpers/people.ts";
import type { SignedIn } from "../helpers/people.ts";
import { recordStatements } from "./support.ts";

const keys = generateWorkerKeys();
const canary = "From: canary@example.com\r\n\r\ncanary-5be1";

let database: TestDatabase;
let api: TestApi;
let owner: SignedIn;
let inboxId: string;

beforeAll(async () => {
  database = await createDatabase();
  api = await startTestApi(database, { config: { workerPublicKeys: parsePublicKeys(keys.public) } });
  owner = await createWorkspace(database, "Alpha");
  const { data } = await api.ask(
    owner.accessToken,
    'mutation { createInbox(input: { name: "Support" }) { inbox { rowId } } }',
  );
  inboxId = data.createInbox.inbox.rowId;
});

const importMessages = (source: unknown, token: string | null = owner.accessToken) =>
  api.ask(
    token,
    "mutation($input: ImportMessagesInput!) { importMessages(input: $input) { import { rowId status } } }",
    { input: { inboxId, source } },
  );

const binding = () => ({ workspace: owner.workspaceId, person: owner.personId });

async function storedSource(importId: string): Promise<string> {
  const { rows } = await database
    .pool("postgres")
    .query("select sealed_source from mail.import_sources where id = $1", [importId]);
  return rows[0].sealed_source;
}

describe("a secret in a request", () => {
  it("reaches the database sealed to the worker, for this workspace and person", async () => {
    let rowId = "";
    const sent = await recordStatements(async () => {
      const { data, errors } = await importMessages(canary);
      expect(errors).toEqual([]);
      rowId = data.importMessages.import.rowId;
    });
    expect(JSON.stringify(sent)).not.toContain("canary");
    const stored = await storedSource(rowId);
    const { intake } = parseWorkerKeys(keys.private);
    expect(Buffer.from(openSecret(intake, binding(), stored)).toString()).toBe(canary);
    expect(() => openSecret(intake, { ...binding(), workspace: owner.personId }, stored)).toThrow(
      "belongs to something else",
    );
  });

  it("stays as it is when the browser has sealed it", async () => {
    const jwe = sealSecret(parsePublicKeys(keys.public).intake[0]!, binding(), canary);
    const { data } = await importMessages(jwe);
    expect(await storedSource(data.importMessages.import.rowId)).toBe(jwe);
  });

  it("is never in an answer, nor in a log", async () => {
    const answers = [
      await importMessages({ canary }),
      await importMessages([canary]),
      await importMessages(canary, null),
      await importMessages(canary, owner.accessToken.slice(0, -3)),
      await api.ask(
        owner.accessToken,
        `mutation { importMessages(input: { inboxId: "${inboxId}", source: "canary" }) { import { rowId } } }`,
      ),
      await api.ask(
        owner.accessToken,
        "mutation($input: ImportMessagesInput!) { importMessages(input: $input) { import { rowId } } }",
        {
          input: { inboxId: "canary", source: canary },
        },
      ),
      await api.ask(owner.accessToken, "{ imports { nodes { rowId status } } }"),
    ];
    expect(answers.slice(0, 6).every(({ errors }) => errors.length > 0)).toBe(true);
    expect(answers.map(({ text }) => text).join()).not.toContain("canary");
    expect(api.lines.join()).not.toContain("canary");
    expect(await readFile(inject("postgres").logFile, "utf8")).not.toContain("canary-5be1");
  });

  it("needs somebody who is signed in", async () => {
    expect(await importMessages(canary, null)).toMatchObject({ status: 401, codes: ["UNAUTHENTICATED"] });
  });
});
