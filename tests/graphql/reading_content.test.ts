import { beforeAll, describe, expect, it } from "vitest";
import { SealedCallError } from "../../api/sealed/types.ts";
import type { OpenKind, RequestSession } from "../../api/sealed/types.ts";
import { startTestApi } from "../helpers/api.ts";
import type { TestApi } from "../helpers/api.ts";
import { createDatabase } from "../helpers/database.ts";
import { createWorkspace } from "../helpers/people.ts";
import type { SignedIn } from "../helpers/people.ts";
import { seedMessages } from "./support.ts";

interface Call {
  readonly session: RequestSession;
  readonly kind: OpenKind;
  readonly ids: readonly string[];
}

let api: TestApi;
let owner: SignedIn;
let messageIds: string[];
const calls: Call[] = [];
let answer: (call: Call) => Promise<Map<string, unknown>>;

// The opening itself has tests of its own (tests/sealed); here the worker's answers are the test's.
beforeAll(async () => {
  const database = await createDatabase();
  api = await startTestApi(database, {
    sealed: {
      async openMessages(session, kind, ids) {
        calls.push({ session, kind, ids });
        return answer({ session, kind, ids });
      },
    },
  });
  owner = await createWorkspace(database, "Alpha");
  ({ messageIds } = await seedMessages(database, owner, 60, 5));
});

const address = (name: string) => ({ name, address: `${name}@example.com` });
const open = async ({ kind, ids }: Call) =>
  new Map<string, unknown>(
    ids.map((id) => [
      id,
      kind === "mail.body"
        ? { text: `body of ${id}`, html: null, warnings: [] }
        : { subject: `subject of ${id}`, from: address("from"), to: [address("to")], cc: [] },
    ]),
  );

async function ask(query: string) {
  calls.length = 0;
  return api.ask(owner.accessToken, query);
}

describe("the content of messages", () => {
  it("is plain fields, opened by one call for each kind, however deep the messages stand", async () => {
    answer = open;
    const { data, errors } = await ask(
      "{ messages(first: 20) { nodes { rowId subject from { name address } to { address } cc { address } body } } conversations(first: 3) { nodes { messages(first: 5) { nodes { rowId subject } } } } }",
    );
    expect(errors).toEqual([]);
    for (const message of data.messages.nodes) {
      expect(message).toEqual({
        rowId: message.rowId,
        subject: `subject of ${message.rowId}`,
        from: address("from"),
        to: [{ address: "to@example.com" }],
        cc: [],
        body: `body of ${message.rowId}`,
      });
    }
    expect(data.conversations.nodes.flatMap((c: any) => c.messages.nodes)).toHaveLength(15);
    expect(calls.filter(({ kind }) => kind === "mail.body").map(({ ids }) => ids.length)).toEqual([20]);
    expect(calls.filter(({ kind }) => kind === "mail.subject").length).toBeLessThanOrEqual(2);
    expect(
      calls.every(({ session }) => session.token === owner.accessToken && session.role === "bulkhead_member"),
    ).toBe(true);
  });

  it("is not opened unless it is asked for", async () => {
    await ask("{ messages(first: 20) { nodes { rowId size } } }");
    expect(calls).toEqual([]);
    await ask("{ messages(first: 20) { nodes { subject } } }");
    expect(calls.map(({ kind }) => kind)).toEqual(["mail.subject"]);
  });

  it("of one message that does not open is an error of that message alone", async () => {
    answer = async (call) =>
      (await open(call)).set(messageIds[0]!, new SealedCallError("MESSAGE_UNREADABLE"));
    const { data, errors, status } = await ask(
      "{ messages(first: 60, orderBy: [SORT_AT_DESC]) { nodes { rowId body } } }",
    );
    expect(status).toBe(200);
    expect(errors).toMatchObject([
      { path: ["messages", "nodes", 0, "body"], extensions: { code: "MESSAGE_UNREADABLE" } },
    ]);
    expect(data.messages.nodes.filter(({ body }: { body: string | null }) => body === null)).toHaveLength(1);
  });

  it("is null for a message that the worker was not shown", async () => {
    answer = async () => new Map();
    const { data, errors } = await ask("{ messages(first: 1) { nodes { subject body } } }");
    expect(errors).toEqual([]);
    expect(data.messages.nodes).toEqual([{ subject: null, body: null }]);
  });

  it("is a coded error when no worker answers, and the rest of the answer stands", async () => {
    answer = async () => {
      throw new SealedCallError("SEALED_WORKER_DOWN");
    };
    const { data, codes, status } = await ask("{ messages(first: 1) { nodes { rowId subject } } }");
    expect(status).toBe(200);
    expect(codes).toEqual(["SEALED_WORKER_DOWN"]);
    expect(data.messages.nodes[0].rowId).toBeDefined();
    expect(api.lines).toEqual([]);
  });
});
