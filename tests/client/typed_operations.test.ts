import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { loadContext, generate } from "@graphql-codegen/cli";
import { beforeAll, describe, expect, it } from "vitest";
import { startTestApi } from "../helpers/api.ts";
import type { TestApi } from "../helpers/api.ts";
import { createDatabase } from "../helpers/database.ts";
import type { TestDatabase } from "../helpers/database.ts";
import { addMember, createWorkspace } from "../helpers/people.ts";
import type { SignedIn } from "../helpers/people.ts";
import { beginConnection, declareMailbox, listening } from "../subscriptions/support.ts";
import { createClient } from "./client.ts";
import type { Client } from "./client.ts";
import {
  ChangeMemberRoleDocument,
  ConnectionChangedDocument,
  CreateInboxDocument,
  InboxesDocument,
  InvitePersonDocument,
  MembersDocument,
  WhoAmIDocument,
} from "./generated/graphql.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const persistedOperations = fileURLToPath(new URL("generated/persisted-documents.json", import.meta.url));

let database: TestDatabase;
let api: TestApi;
let owner: SignedIn;
let viewer: SignedIn;
let client: Client;

beforeAll(async () => {
  database = await createDatabase();
  api = await startTestApi(database, { config: { development: false, persistedOperations } });
  owner = await createWorkspace(database, "Alpha");
  viewer = await addMember(database, owner, "viewer");
  client = createClient(api.url, () => owner.accessToken);
});

describe("a client with typed operations", () => {
  it("reads who is signed in", async () => {
    const { currentPerson, currentWorkspace } = await client.run(WhoAmIDocument, {});
    expect(currentPerson?.email).toBe(owner.email);
    expect(currentPerson?.membership?.role?.level).toBe(100);
    expect(currentWorkspace?.name).toBe("Alpha");
  });

  it("changes things, and reads the change", async () => {
    const { invitePerson } = await client.run(InvitePersonDocument, {
      input: { email: "new@example.com", roleKey: "user" },
    });
    expect(invitePerson?.invitation?.role?.key).toBe("user");
    await client.run(CreateInboxDocument, { input: { name: "Support" } });
    expect((await client.run(InboxesDocument, {})).inboxes?.nodes.map((inbox) => inbox?.name)).toEqual([
      "Support",
    ]);
    const changed = await client.run(ChangeMemberRoleDocument, {
      input: { membershipId: viewer.membershipId, roleKey: "analyst" },
    });
    expect(changed.changeMemberRole?.membership?.role?.key).toBe("analyst");
    const { memberships } = await client.run(MembersDocument, { first: 10 });
    expect(memberships?.nodes.map((member) => member?.role?.key).sort()).toEqual(["analyst", "owner"]);
  });

  it("subscribes by an operation's id, and is refused with a code", async () => {
    const admin = database.pool("postgres", { max: 1 });
    const changes = client.watch(ConnectionChangedDocument);
    const first = changes.next();
    await listening(database, owner);
    await declareMailbox(database);
    const rowId = await beginConnection(database, owner);
    expect((await first).value.connectionChanged).toMatchObject({ rowId, state: "pending", lastError: null });
    // Where its role loses the right to see connections, it may not come back.
    await admin.query(
      "delete from tenancy.role_permissions where role_key = 'owner' and permission_key = 'connections.read'",
    );
    const next = changes.next();
    await admin.query("select pg_notify('connections_' || replace($1, '-', ''), $2)", [
      owner.workspaceId,
      rowId,
    ]);
    await expect(next).rejects.toMatchObject([{ extensions: { code: "PERMISSION_DENIED" } }]);
    await admin.query(
      "insert into tenancy.role_permissions (role_key, permission_key) values ('owner', 'connections.read')",
    );
  });

  it("gets a coded error for what the API refuses", async () => {
    const theirs = createClient(api.url, () => viewer.accessToken);
    await expect(theirs.run(CreateInboxDocument, { input: { name: "Mine" } })).rejects.toMatchObject({
      errors: [{ extensions: { code: "PERMISSION_DENIED" } }],
    });
  });
});

describe("in production, an API", () => {
  const ask = (body: object) => api.send(body, { headers: { authorization: `Bearer ${owner.accessToken}` } });

  it("runs trusted documents only", async () => {
    expect(await ask({ query: "{ people { totalCount } }" })).toMatchObject({
      status: 400,
      codes: ["DOCUMENT_REQUIRED"],
    });
    expect(await ask({ documentId: "sha256:00", query: "{ __typename }" })).toMatchObject({
      status: 404,
      codes: ["DOCUMENT_UNKNOWN"],
    });
    expect(await ask({ documentId: "__proto__" })).toMatchObject({
      status: 404,
      codes: ["DOCUMENT_UNKNOWN"],
    });
    expect(await ask({ documentId: { a: 1 } })).toMatchObject({ status: 400, codes: ["DOCUMENT_REQUIRED"] });
  });

  it("runs the trusted text, whatever text comes with its id", async () => {
    const documentId = WhoAmIDocument.__meta__?.hash;
    const answer = await ask({ documentId, query: "{ people { totalCount } }" });
    expect(answer).toMatchObject({ status: 200, errors: [] });
    expect(Object.keys(answer.data)).toEqual(["currentPerson", "currentWorkspace"]);
    expect((await ask({ documentId: documentId.replace("sha256:", "") })).status).toBe(200);
  });

  it("logs nothing of a request that it refuses", async () => {
    await ask({ query: "{ __typename }", variables: { source: "canary-of-a-secret" } });
    await ask({ documentId: "canary-of-an-id", variables: { source: "canary-of-a-secret" } });
    expect(api.lines.join()).not.toContain("canary");
  });
});

describe("the generated files", () => {
  it("are what codegen makes of the schema and the operations", async () => {
    process.chdir(root);
    const context = await loadContext("codegen.yml");
    const files = (await generate(context, false)) as { filename: string; content: string }[];
    expect(files.length).toBeGreaterThan(2);
    for (const { filename, content } of files) {
      expect(await readFile(filename, "utf8"), `${filename}: run npm run codegen`).toBe(content);
    }
  });
});
