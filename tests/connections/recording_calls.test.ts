import { afterAll, describe, expect, test } from "vitest";
import { addMember, createWorkspace } from "../helpers/people.ts";
import { dovecotAvailable, startDovecot } from "../standins/dovecot.ts";
import { startSmtpStandin } from "../standins/smtp.ts";
import { GRANOLA_KEY } from "./support.ts";
import { call, connect, connectWithSecret, connectionWhen, startConnectionsSystem, until } from "./system.ts";

const USER = "ada@mail.example.org";
const PASSWORD = "only a password";
const users = { [USER]: PASSWORD };
const smtp = await startSmtpStandin({ users });
const imap = dovecotAvailable ? await startDovecot(users) : undefined;
afterAll(async () => {
  await smtp.close();
  await imap?.stop();
});
const system = await startConnectionsSystem({
  localMailServers: [`127.0.0.1:${smtp.port}`, `127.0.0.1:${imap?.port ?? 1}`],
});
const { database, all } = system;
const admin = database.pool("postgres", { max: 2 });
const owner = await createWorkspace(database, "Harbour");

/** What the audit log says was called, and how it went. */
async function events(): Promise<
  { provider: string; operation: string; success: boolean; error_code?: string; duration_ms: number }[]
> {
  const { rows } = await admin.query(
    "select details from audit.events where action = 'provider_call.created' and workspace_id = $1 order by id",
    [owner.workspaceId],
  );
  // The log keeps values as text.
  return rows.map(({ details }) => ({
    ...details,
    success: details.success === "true",
    duration_ms: Number(details.duration_ms),
  }));
}

const idle = () =>
  until(async () => {
    const { rows } = await admin.query(
      "select (select count(*) from queue_mail_sync._private_jobs where run_at <= now())::integer + (select count(*) from queue_crm._private_jobs where run_at <= now())::integer as n",
    );
    return rows[0].n === 0;
  });

test("every request that a provider got is one event, refused and failed ones too", async () => {
  const { google, microsoft, salesforce, gong, nylas, granola } = all.standins;
  const connected = [
    await connect(system, owner, "google", "mailbox"),
    await connect(system, owner, "microsoft", "mailbox"),
    await connect(system, owner, "salesforce", "deals"),
    await connect(system, owner, "gong", "calls"),
    await connect(system, owner, "nylas", "mailbox"),
    await connectWithSecret(system, owner, "granola", "notes", GRANOLA_KEY),
  ];
  // Once more, by a consent that becomes one with the first.
  await connect(system, owner, "google", "mailbox");
  google.fail({ kind: "server_error", path: /userinfo/ });
  microsoft.fail({ kind: "reset", path: /userinfo/ });
  nylas.fail({ kind: "rate_limited", retryAfter: 1 });
  for (const queue of ["queue_mail_sync", "queue_crm"])
    await admin.query(
      `update ${queue}._private_jobs set run_at = now() where payload ->> 'job_id' is not null`,
    );
  for (const { id } of connected.slice(0, 4))
    await connectionWhen(system, owner, id, ({ version }) => version > 1);
  for (const { id } of connected) await call(system, owner, "select connections.check_connection($1)", [id]);
  await idle();
  // What failed is tried again later: now.
  for (const queue of ["queue_mail_sync", "queue_crm"])
    await admin.query(`update ${queue}._private_jobs set run_at = now() where attempts > 0`);
  await idle();
  for (const { id } of connected) await call(system, owner, "select connections.disconnect($1)", [id]);
  for (const { id } of connected)
    await connectionWhen(system, owner, id, ({ revocation }) => revocation !== "pending");
  await idle();

  const told = await events();
  for (const [name, standin] of Object.entries({ google, microsoft, salesforce, gong, nylas, granola })) {
    // Only the worker's client says for which host it came; browsers do not.
    const got = standin.requests.filter(({ headers }) => headers["x-standin-host"] !== undefined);
    const own = told.filter(({ provider }) => provider === name);
    expect(own.length, name).toBe(got.length);
    expect(own.length, name).toBeGreaterThan(0);
    for (const { operation, success, duration_ms } of own) {
      expect(operation).toMatch(/^[a-z_.]+$/);
      expect(typeof success).toBe("boolean");
      expect(duration_ms).toBeGreaterThanOrEqual(0);
    }
  }
  expect(
    told
      .filter(({ success }) => !success)
      .map(({ error_code }) => error_code)
      .sort(),
  ).toEqual(["EGRESS_UNREACHABLE", "HTTP_429", "HTTP_503"]);
});

describe.skipIf(!dovecotAvailable)("a raw mailbox (needs dovecot-imapd and root)", () => {
  test("each sign-in to each of its servers is one event, at connecting and at each use", async () => {
    const person = await addMember(database, owner, "user");
    const secret = (password: string) =>
      JSON.stringify({
        user: USER,
        password,
        smtp: { host: "127.0.0.1", port: smtp.port },
        imap: { host: "127.0.0.1", port: imap!.port },
      });
    const connection = await connectWithSecret(system, person, "smtp_imap", "mailbox", secret(PASSWORD));
    expect(connection.state).toBe("connected");
    const own = async () => (await events()).filter(({ provider }) => provider === "smtp_imap");
    const named = async () => (await own()).map(({ operation, success }) => [operation, success]);
    expect(await named()).toEqual([
      ["smtp.sign_in", true],
      ["imap.sign_in", true],
    ]);
    await call(system, person, "select connections.check_connection($1)", [connection.id]);
    await until(async () => (await own()).length === 4);
    expect((await connectWithSecret(system, person, "smtp_imap", "mailbox", secret("wrong"))).state).toBe(
      "failed",
    );
    expect((await own()).at(-1)).toMatchObject({
      operation: "smtp.sign_in",
      success: false,
      error_code: "PROVIDER_CREDENTIAL_REJECTED",
    });
    expect((await own()).length).toBe(smtp.signedIn.length + smtp.refused.length + 2);
    expect((await imap!.log()).match(/Login: user=/g)).toHaveLength(2);
  });

  test("a password that its server refuses from now on loses us the connection", async () => {
    const person = await addMember(database, owner, "user");
    const changing = { [USER]: "first" };
    const other = await startSmtpStandin({ users: changing });
    try {
      (system.settings.localMailServers as string[]).push(`127.0.0.1:${other.port}`);
      changing[USER] = PASSWORD;
      const connection = await connectWithSecret(
        system,
        person,
        "smtp_imap",
        "mailbox",
        JSON.stringify({
          user: USER,
          password: PASSWORD,
          smtp: { host: "127.0.0.1", port: other.port },
          imap: { host: "127.0.0.1", port: imap!.port },
        }),
      );
      expect(connection.state).toBe("connected");
      changing[USER] = "changed by its owner";
      await call(system, person, "select connections.check_connection($1)", [connection.id]);
      expect(
        await connectionWhen(system, person, connection.id, ({ state }) => state === "reconnect_needed"),
      ).toMatchObject({ last_error_code: "PROVIDER_CREDENTIAL_REJECTED" });
    } finally {
      await other.close();
    }
  });
});
