import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { withClient } from "../database/connect.ts";
import { demoWorkspaces } from "./people.ts";
import { signInAs } from "./sign_in.ts";

/** What loading the demo needs of a running system. */
export interface DemoTarget {
  readonly apiUrl: string;
  readonly adminUrl: string;
  readonly identityUrl: string;
}

const messages = fileURLToPath(new URL("messages", import.meta.url));
// Several messages go as one mbox; well under the size of a request.
const importBytes = 12_000;

/**
 * Loads the demo once: workspaces are provisioned, and everything else goes in through the front door: people sign in,
 * and mail is imported over GraphQL.
 */
export async function loadDemo(system: DemoTarget, print: (line: string) => void): Promise<void> {
  const known = await withClient(system.adminUrl, async (client) => {
    const { rows } = await client.query<{ organization_id: string; inboxes: number }>(
      `select w.organization_id, (select count(*)::integer from mail.messages m where m.workspace_id = w.id) as inboxes
       from tenancy.workspaces w`,
    );
    return new Map(rows.map((row) => [row.organization_id, row.inboxes]));
  });
  for (const workspace of demoWorkspaces) {
    if ((known.get(workspace.organizationId) ?? 0) > 0) continue;
    if (!known.has(workspace.organizationId)) {
      await withClient(system.identityUrl, (client) =>
        client.query("select tenancy.provision_workspace($1, $2, $3)", [
          workspace.name,
          workspace.owner,
          workspace.organizationId,
        ]),
      );
    }
    const { accessToken } = await signInAs(system.apiUrl, workspace.owner, workspace.organizationId);
    const ask = graphql(system.apiUrl, accessToken);
    for (const { email, role } of workspace.invited) {
      await ask(
        `mutation ($email: String!, $role: String!) { invitePerson(input: { email: $email, roleKey: $role }) { clientMutationId } }`,
        {
          email,
          role,
        },
      ).catch(() => {}); // A second try after an interrupted first one finds the invitation open already.
    }
    const inboxId = await inbox(ask, workspace.inbox);
    const batches = await readBatches(path.join(messages, workspace.folder));
    for (const batch of batches) {
      await ask(
        `mutation ($inboxId: UUID!, $source: Secret!) { importMessages(input: { inboxId: $inboxId, source: $source }) { clientMutationId } }`,
        { inboxId, source: batch },
      );
    }
    const total = await untilImported(ask);
    print(`demo: ${total} messages sealed into ${workspace.name}`);
  }
}

type Ask = (query: string, variables?: Record<string, unknown>) => Promise<Record<string, any>>;

function graphql(apiUrl: string, accessToken: string): Ask {
  return async (query, variables = {}) => {
    const response = await fetch(`${apiUrl}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${accessToken}` },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(30_000),
    });
    const answer = (await response.json()) as {
      data?: Record<string, unknown>;
      errors?: { message: string }[];
    };
    if (answer.errors?.length) throw new Error(`the demo could not be loaded: ${answer.errors[0]!.message}`);
    return answer.data!;
  };
}

async function inbox(ask: Ask, name: string): Promise<string> {
  const { inboxes } = await ask("{ inboxes(first: 100) { nodes { rowId name } } }");
  const found = inboxes.nodes.find((node: { name: string }) => node.name === name);
  if (found) return found.rowId;
  const made = await ask(
    "mutation ($name: String!) { createInbox(input: { name: $name }) { inbox { rowId } } }",
    { name },
  );
  return made.createInbox.inbox.rowId;
}

// Messages whose bytes are not UTF-8 travel as a base64 transfer: GraphQL strings are Unicode.
async function readBatches(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => /\.(eml|mbox)$/.test(name)).sort();
  const files = await Promise.all(names.map((name) => readFile(path.join(folder, name))));
  const batches: string[] = [];
  let current: Buffer[] = [];
  for (const file of files) {
    if (
      current.length > 0 &&
      current.reduce((sum, part) => sum + part.length, 0) + file.length > importBytes
    ) {
      batches.push(Buffer.concat(current).toString("base64"));
      current = [];
    }
    current.push(asMbox(file));
  }
  if (current.length > 0) batches.push(Buffer.concat(current).toString("base64"));
  return batches;
}

// mboxrd: a separator line, and ">" before every line of the message that would look like one.
function asMbox(message: Buffer): Buffer {
  if (message.subarray(0, 5).toString("latin1") === "From ") return message;
  const quoted = message.toString("latin1").replace(/^(>*From )/gm, ">$1");
  return Buffer.from(`From demo@example.com Thu Jan  1 00:00:00 2026\n${quoted}\n\n`, "latin1");
}

async function untilImported(ask: Ask): Promise<number> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    const { imports } = await ask("{ imports(first: 100) { nodes { status importedCount } } }");
    const nodes = imports.nodes as { status: string; importedCount: number }[];
    if (nodes.every((node) => node.status === "done" || node.status === "failed")) {
      return nodes.reduce((sum, node) => sum + node.importedCount, 0);
    }
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  throw new Error("the demo's messages were not imported within a minute: does the worker run?");
}
