import { describe, expect, test } from "vitest";
import { startTestApi } from "../helpers/api.ts";
import { addMember, createWorkspace } from "../helpers/people.ts";
import { dovecotAvailable, startDovecot } from "../standins/dovecot.ts";
import { startSmtpStandin } from "../standins/smtp.ts";
import { ACCOUNTS } from "./support.ts";
import { startConnectionsSystem, until, wholeDatabase } from "./system.ts";

const USER = "ada@mail.example.org";
const PASSWORD = "canary-mailbox-password-77";
const smtp = await startSmtpStandin({ users: { [USER]: PASSWORD } });
const imap = dovecotAvailable ? await startDovecot({ [USER]: PASSWORD }) : undefined;
const system = await startConnectionsSystem({
  localMailServers: [`127.0.0.1:${smtp.port}`, `127.0.0.1:${imap?.port}`],
});
const { database, all, keys } = system;
const api = await startTestApi(database, {
  config: { workerPublicKeys: keys.publicKeys, publicUrl: system.settings.publicUrl },
  sealed: {},
});
const owner = await createWorkspace(database, "Harbour");

const START = `mutation ($input: StartConnectionInput!) { startConnection(input: $input) { connectionId authorizeUrl } }`;
const LIST = `{ connections { nodes { rowId providerAndProfile { provider profile } state accountLabel scopes lastErrorCode revocation keyVersion lastUsedAt } } }`;
const list = async (token: string) =>
  (await api.ask<any>(token, LIST)).data.connections.nodes as Record<string, any>[];

describe("in GraphQL", () => {
  test("an account is connected, checked and disconnected", async () => {
    const person = await addMember(database, owner, "user");
    const token = person.accessToken;
    const started = await api.ask<any>(token, START, {
      input: { provider: "google", profile: "mailbox", returnTo: "/settings" },
    });
    expect(started.errors).toEqual([]);
    const { connectionId, authorizeUrl } = started.data.startConnection;
    const cookie = started.headers.getSetCookie()[0]!;
    expect(cookie).toMatch(
      /^bulkhead_connect_[\w-]{10}=[\w-]{43}; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/,
    );
    const callback = await all.standins.google.approve(authorizeUrl, ACCOUNTS[0]!);
    const back = await fetch(`${api.url}${callback.pathname}${callback.search}`, {
      redirect: "manual",
      headers: { cookie: cookie.split(";")[0]! },
    });
    expect(back.headers.get("location")).toBe(`http://127.0.0.1:5678/settings?connection=${connectionId}`);
    const connected = await until(async () => (await list(token)).find(({ state }) => state === "connected"));
    expect(connected).toMatchObject({
      rowId: connectionId,
      accountLabel: ACCOUNTS[0],
      keyVersion: 1,
      lastErrorCode: null,
    });
    const CHECK = `mutation ($id: UUID!) { checkConnection(input: { connectionId: $id }) { connection { state } } }`;
    expect((await api.ask(token, CHECK, { id: connectionId })).errors).toEqual([]);
    await until(async () => (await list(token))[0]!.lastUsedAt);
    const END = `mutation ($id: UUID!) { disconnect(input: { connectionId: $id }) { connection { state revocation } } }`;
    expect((await api.ask<any>(token, END, { id: connectionId })).data.disconnect.connection).toEqual({
      state: "disconnected",
      revocation: "pending",
    });
    await until(async () => (await list(token))[0]!.revocation === "revoked");
    expect((await api.ask(token, END, { id: connectionId })).codes).toEqual(["CONNECTION_NOT_FOUND"]);
  });

  test("refusals have their codes", async () => {
    const viewer = await addMember(database, owner, "viewer");
    const input = { provider: "google", profile: "mailbox" };
    expect((await api.ask(null, START, { input })).codes).toEqual(["UNAUTHENTICATED"]);
    expect((await api.ask(viewer.accessToken, START, { input })).codes).toEqual(["PERMISSION_DENIED"]);
    expect(
      (await api.ask(owner.accessToken, START, { input: { ...input, provider: "canary" } })).codes,
    ).toEqual(["CONNECTION_PROVIDER_UNKNOWN"]);
    expect(
      (await api.ask(owner.accessToken, START, { input: { ...input, returnTo: "https://attacker.example" } }))
        .codes,
    ).toEqual(["REQUEST_MALFORMED"]);
  });

  test("no ciphertext, ticket or job of a connection is in the schema", async () => {
    const { data } = await api.ask<any>(
      owner.accessToken,
      `{ __type(name: "Connection") { fields { name } } __schema { types { name } mutationType { fields { name } } } }`,
    );
    const names = data.__type.fields.map(({ name }: { name: string }) => name);
    expect(names.filter((name: string) => /sealed|ticket|credential|token/i.test(name))).toEqual([]);
    const types = data.__schema.types.map(({ name }: { name: string }) => name);
    expect(types.filter((name: string) => /^(Credential|Intake|Job|Revocation)$/.test(name))).toEqual([]);
    const mutations = data.__schema.mutationType.fields.map(({ name }: { name: string }) => name);
    expect(mutations).toEqual(
      expect.arrayContaining([
        "startConnection",
        "connectWithSecret",
        "checkConnection",
        "disconnect",
        "rotateWorkspaceKey",
        "rewrapWorkspaceKeys",
        "reencryptCredentials",
      ]),
    );
    expect(mutations).not.toEqual(expect.arrayContaining(["openCredential"]));
  });

  test.skipIf(!dovecotAvailable)(
    "a raw mailbox is tried at both servers before it is connected, and its password is nowhere (needs dovecot-imapd and root)",
    async () => {
      const person = await addMember(database, owner, "user");
      const secret = JSON.stringify({
        user: USER,
        password: PASSWORD,
        smtp: { host: "127.0.0.1", port: smtp.port },
        imap: { host: "127.0.0.1", port: imap!.port },
      });
      const CONNECT = `mutation ($secret: Secret!) { connectWithSecret(input: { provider: "smtp_imap", profile: "mailbox", secret: $secret }) { connection { state } } }`;
      const answer = await api.ask<any>(person.accessToken, CONNECT, { secret });
      expect(answer.errors).toEqual([]);
      expect(answer.data.connectWithSecret.connection.state).toBe("pending");
      const connected = await until(async () =>
        (await list(person.accessToken)).find(({ state }) => state !== "pending"),
      );
      expect(connected).toMatchObject({ state: "connected", accountLabel: USER });
      expect(smtp.signedIn).toContain(USER);
      const printed = `${await wholeDatabase(database)}\n${system.worker!.lines.join("\n")}\n${api.lines.join("\n")}`;
      for (const canary of [PASSWORD, Buffer.from(PASSWORD).toString("base64")])
        expect(printed.includes(canary)).toBe(false);
      await imap!.stop();
      await smtp.close();
    },
  );
});
