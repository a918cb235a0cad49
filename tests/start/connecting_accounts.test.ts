import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readNotaryKey } from "../../audit/signatures.ts";
import { verifyExport } from "../../audit/verify.ts";
import { explorerOperations, explorerVariables } from "../../api/http/explorer_operations.ts";
import { demoMailboxPassword } from "../../demo/credentials.ts";
import { signInAs } from "../../demo/sign_in.ts";
import { openLine } from "../subscriptions/support.ts";
import { openBrowser } from "./browser.ts";
import { dataDirectory, freePorts, start, stop } from "./support.ts";

const olivia = "olivia.owner@harbour.example.com";
const liam = "liam.owner@lighthouse.example.com";
const ports = await freePorts();
const origin = `http://127.0.0.1:${ports.PORT}`;
const data = await dataDirectory();
const system = start({ ...ports, BULKHEAD_DATA: data });
afterAll(() => void system.child.kill("SIGKILL"));
await system.until("Bulkhead runs");
const tokens: Record<string, string> = {
  [olivia]: (await signInAs(origin, olivia, "org_harbour_logistics")).accessToken,
  [liam]: (await signInAs(origin, liam, "org_lighthouse_legal")).accessToken,
};
const browser = openBrowser();

/** Runs one of the explorer's saved operations, in the page's own text and with its own variables. */
async function run(operationName: string, variables: object = {}, person = olivia): Promise<any> {
  const response = await browser.request(`${origin}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${tokens[person]!}` },
    body: JSON.stringify({
      query: explorerOperations,
      operationName,
      variables: { ...JSON.parse(explorerVariables), ...variables },
    }),
  });
  const { data: answer, errors } = (await response.json()) as any;
  expect(errors).toBeUndefined();
  return answer;
}

async function seen(id: string, wanted: (connection: any) => boolean, person = olivia): Promise<any> {
  for (;;) {
    const { connections } = await run("SeeConnections", {}, person);
    const found = connections.nodes.find((one: any) => one.rowId === id && wanted(one));
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const mailbox = JSON.stringify({
  user: olivia,
  password: demoMailboxPassword,
  smtp: { host: "127.0.0.1", port: Number(ports.SMTP_PORT) },
  imap: { host: "127.0.0.1", port: Number(ports.IMAP_PORT) },
});

/** Each provider: the operation, whom to consent as, what the connection is called, and what the provider says in the end. */
const walks = [
  ["google", "ConnectGoogle", olivia, olivia, "revoked"],
  ["microsoft", "ConnectMicrosoft", olivia, olivia, "unsupported"],
  ["nylas", "ConnectNylas", olivia, olivia, "revoked"],
  ["salesforce", "ConnectSalesforce", olivia, olivia, "revoked"],
  ["gong", "ConnectGong", "harbour", "harbour", "unsupported"],
  ["granola", "ConnectGranola", null, expect.stringMatching(/^API key /), "unsupported"],
  ["smtp_imap", "ConnectMailbox", null, olivia, "unsupported"],
] as const;

describe("in the demo, as docs/connections.md tells it", () => {
  test.each(walks)(
    "%s is connected, used and disconnected",
    { timeout: 60_000 },
    async (provider, operation, account, label, revocation) => {
      const begun = await run(operation, { mailbox });
      const id = begun.startConnection?.connectionId ?? begun.connectWithSecret.connection.rowId;
      if (account) {
        const back = await browser.consent(begun.startConnection.authorizeUrl, account, origin);
        expect(back).toBe(`${origin}/?connection=${id}`);
      }
      const connected = await seen(id, ({ state }) => state !== "pending");
      expect(connected).toMatchObject({
        providerAndProfile: { provider },
        state: "connected",
        accountLabel: label,
        lastError: null,
        version: 1,
        keyVersion: 1,
        revocation: null,
      });
      expect(Date.parse(connected.lastSyncAt)).toBeGreaterThan(0);
      await run("UseConnection", { connectionId: id });
      const used = await seen(id, ({ lastSyncAt }) => lastSyncAt > connected.lastSyncAt);
      expect(used).toMatchObject({ state: "connected", lastError: null });
      const ended = await run("Disconnect", { connectionId: id });
      expect(ended.disconnect.connection).toMatchObject({ state: "disconnected", keyVersion: null });
      const after = await seen(id, (one) => one.revocation !== "pending");
      expect(after.revocation).toBe(revocation);
    },
  );

  test("a refusal and a wrong password say in words what was wrong", { timeout: 60_000 }, async () => {
    const { startConnection } = await run("ConnectGoogle");
    await browser.consent(startConnection.authorizeUrl, "", origin);
    const refused = await seen(startConnection.connectionId, ({ state }) => state === "failed");
    expect(refused.lastError).toContain("you did not allow it");
    const { connectWithSecret } = await run("ConnectMailbox", {
      mailbox: mailbox.replace(demoMailboxPassword, "canary"),
    });
    const wrong = await seen(connectWithSecret.connection.rowId, ({ state }) => state === "failed");
    expect(wrong.lastError).toContain("refused this user name, password or key");
  });

  test(
    "each person watches their own, and another company's person hears nothing of it",
    { timeout: 60_000 },
    async () => {
      const watching = async (person: string) => {
        const line = await openLine(origin, { origin });
        await line.init(tokens[person]!);
        line.send({
          id: "1",
          type: "subscribe",
          payload: { query: explorerOperations, operationName: "WatchConnections" },
        });
        return line;
      };
      const [mine, theirs] = [await watching(olivia), await watching(liam)];
      const begun = ({ payload }: any) => payload?.data?.connectionChanged?.state === "pending";
      // Until it is heard: nothing says from outside that a subscription is in force.
      while (!mine.messages.some(begun)) {
        await run("ConnectGoogle");
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      const own = await run("ConnectNylas", {}, liam);
      await theirs.next(({ type }) => type === "next");
      expect(theirs.messages.filter(({ type }) => type === "next")).toHaveLength(1);
      await browser.consent(own.startConnection.authorizeUrl, liam, origin);
      await theirs.next(({ payload }) => payload?.data?.connectionChanged?.state === "connected");
    },
  );

  test("the explorer page brings the operations and speaks of the consent screen", async () => {
    const page = await (await fetch(`${origin}/`)).text();
    for (const [, operation] of walks) expect(page).toContain(`mutation ${operation}`);
    expect(page).toContain("connection_init");
    const docs = (
      await Promise.all(
        ["connections", "audit"].map((name) =>
          readFile(new URL(`../../docs/${name}.md`, import.meta.url), "utf8"),
        ),
      )
    ).join("\n");
    for (const [, name] of explorerOperations.matchAll(/^(?:mutation|subscription) (\w+)/gm))
      expect(docs).toContain(`\`${name}\``);
  });

  test(
    "the audit log is read, exported, downloaded and verified, as docs/audit.md tells it",
    { timeout: 60_000 },
    async () => {
      const { auditEvents } = await run("WhoDidWhat");
      expect(auditEvents.nodes).toContainEqual(
        expect.objectContaining({ person: { name: "Olivia Owner", erased: false } }),
      );
      expect((await run("SignInsAndTheirEnds")).auditEvents.nodes[0].action).toMatch(/^session\./);
      await expect
        .poll(async () => (await run("HowMuchIsSealed")).auditSealStatus.unsealedCount, { timeout: 20_000 })
        .toBe("0");
      await run("ExportTheLog");
      const download = async () => (await run("DownloadTheExport")).auditExports.nodes[0];
      await expect.poll(async () => (await download()).status, { timeout: 20_000 }).toBe("done");
      const { chunks } = await download();
      const file = path.join(data, "export.ndjson");
      await writeFile(file, chunks.nodes.map((part: { content: string }) => part.content).join(""));
      const key = await readFile(path.join(data, "keys", "notary-public.json"), "utf8");
      expect(await verifyExport(file, readNotaryKey(key))).toMatchObject({ fault: null, firstPosition: 1 });
    },
  );

  test(
    "no stand-in's secret is printed, and all of them end with the system",
    { timeout: 60_000 },
    async () => {
      expect(await stop(system)).toBe(0);
      expect(system.output()).not.toContain(demoMailboxPassword);
      expect(system.output()).not.toMatch(/CLIENT_SECRET|API_KEY/);
      const { connect } = await import("node:net");
      for (const port of [ports.SMTP_PORT, ports.IMAP_PORT]) {
        const refused = await new Promise((resolve) =>
          connect(Number(port), "127.0.0.1", () => resolve(false)).on("error", () => resolve(true)),
        );
        expect(refused).toBe(true);
      }
    },
  );
});
