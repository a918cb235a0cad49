import { describe, expect, test } from "vitest";
import { generateKeyRing, localKek, parseKeyRing } from "../../worker/crypto/kek_local.ts";
import { openConnection } from "../../worker/connections/open.ts";
import { useConnection } from "../../worker/connections/use.ts";
import { addMember, createWorkspace } from "../helpers/people.ts";
import { jobsOf } from "./jobs.ts";
import { call, connect, connectionWhen, startConnectionsSystem, until } from "./system.ts";

const system = await startConnectionsSystem();
const { database, all } = system;
const { admin, anotherWorker, jobFor, strayTicket } = jobsOf(system);
const owner = await createWorkspace(database, "Harbour");
const stranger = await createWorkspace(database, "Lighthouse");
const ended = { code: "CONNECTION_ENDED" };

describe("a credential is opened", () => {
  test("by the job that is for it, and each opening is written down", async () => {
    const person = await addMember(database, owner, "user");
    const connection = await connect(system, person, "google", "mailbox");
    const { ticket } = await jobFor(person, connection);
    expect(
      (await openConnection(anotherWorker(), ticket, connection.id)).credential.accessToken,
    ).toBeTruthy();
    const { rows } = await call(
      system,
      owner,
      "select service, person_id from audit.events where action = 'credential.opened' and row_id = $1",
      [connection.id],
    );
    expect(rows).toEqual([{ service: "mail_sync", person_id: person.personId }]);
  });

  test("by no other: not without a job, not by a job that is done or for another connection, service, person or workspace", async () => {
    const person = await addMember(database, owner, "user");
    const colleague = await addMember(database, owner, "user");
    const mine = await connect(system, person, "google", "mailbox");
    const alsoMine = await connect(system, person, "salesforce", "deals");
    const theirs = await connect(system, colleague, "google", "mailbox");
    const foreign = await connect(system, stranger, "google", "mailbox");
    const open = async (ticket: Parameters<typeof openConnection>[1], id: string) =>
      openConnection(anotherWorker(), ticket, id);
    await expect(open(await strayTicket("mail_sync", person), mine.id)).rejects.toMatchObject(ended);
    const { ticket, jobId } = await jobFor(person, mine);
    for (const other of [alsoMine, theirs, foreign])
      await expect(open(ticket, other.id)).rejects.toMatchObject(ended);
    await expect(open((await jobFor(person, alsoMine)).ticket, mine.id)).rejects.toMatchObject(ended);
    // A job that names a colleague's connection, made by somebody who can write rows: the person decides.
    await expect(open((await jobFor(person, theirs)).ticket, theirs.id)).rejects.toMatchObject(ended);
    // Another tenant's job cannot even name it.
    await expect(jobFor(stranger, mine)).rejects.toMatchObject({ code: "23503" });
    await open(ticket, mine.id);
    await ticket.transaction((client) => client.query("select connections.finish_job($1)", [jobId]));
    await expect(open(ticket, mine.id)).rejects.toMatchObject(ended);
  });

  test("not for a member who is suspended", async () => {
    const person = await addMember(database, owner, "user");
    const connection = await connect(system, person, "google", "mailbox");
    const { ticket } = await jobFor(person, connection);
    await call(system, owner, "select tenancy.suspend_member($1)", [person.membershipId]);
    await expect(openConnection(anotherWorker(), ticket, connection.id)).rejects.toMatchObject(ended);
  });

  test("by no login that reads the table: no role has a right on it", async () => {
    for (const login of [
      "bulkhead_api",
      "bulkhead_mail_sync",
      "bulkhead_crm",
      "bulkhead_mail_send",
      "bulkhead_opener",
      "bulkhead_janitor",
      "bulkhead_auditor",
    ] as const) {
      for (const table of ["credentials", "revocations", "intake", "jobs", "connections"]) {
        await expect(
          database.pool(login, { max: 1 }).query(`select * from connections.${table}`),
        ).rejects.toMatchObject({ code: "42501" });
      }
    }
    await expect(call(system, owner, "select sealed from connections.credentials")).rejects.toMatchObject({
      code: "42501",
    });
    await expect(
      call(system, owner, "select connections.open_credential($1)", [owner.workspaceId]),
    ).rejects.toMatchObject({ code: "42501" });
  });
});

describe("a ciphertext", () => {
  test("that was copied, moved, renamed or brought back does not open", async () => {
    const person = await addMember(database, owner, "user");
    const colleague = await addMember(database, owner, "user");
    const nobody = await addMember(database, owner, "user");
    const google = await connect(system, person, "google", "mailbox");
    const second = await connect(system, person, "google", "mailbox", "grace@example.com");
    const theirs = await connect(system, colleague, "google", "mailbox");
    const foreign = await connect(system, stranger, "google", "mailbox", "grace@example.com");
    const { ticket } = await jobFor(person, google);
    const sealedOf = async (id: string, column = "sealed") =>
      (
        await admin.query(
          `select ${column} as sealed from connections.credentials where connection_id = $1`,
          [id],
        )
      ).rows[0].sealed as string;
    const own = await sealedOf(google.id);
    const put = (sealed: string) =>
      admin.query("update connections.credentials set sealed = $2 where connection_id = $1", [
        google.id,
        sealed,
      ]);
    const open = () => openConnection(anotherWorker(), ticket, google.id);

    const copies = {
      connection: await sealedOf(second.id),
      person: await sealedOf(theirs.id),
      workspace: await sealedOf(foreign.id),
      use: await sealedOf(google.id, "sealed_revocation"),
    };
    for (const copy of Object.values(copies)) {
      await put(copy);
      await expect(open()).rejects.toMatchObject({ code: "BINDING_MISMATCH" });
    }
    await put(own);
    await expect(open()).resolves.toBeTruthy();

    // The row says something else than the ciphertext: provider, person, version, key.
    for (const [column, value, back] of [
      ["provider", "microsoft", "google"],
      ["person_id", nobody.personId, person.personId],
    ] as const) {
      await admin.query(`update connections.connections set ${column} = $2 where id = $1`, [
        google.id,
        value,
      ]);
      await expect(open()).rejects.toMatchObject({
        code: expect.stringMatching(/^(BINDING_MISMATCH|CONNECTION_ENDED)$/),
      });
      await admin.query(`update connections.connections set ${column} = $2 where id = $1`, [google.id, back]);
    }
    await admin.query("update connections.credentials set version = 7 where connection_id = $1", [google.id]);
    await expect(open()).rejects.toMatchObject({ code: "BINDING_MISMATCH" });
    await admin.query("update connections.credentials set version = 1 where connection_id = $1", [google.id]);

    // Every member of the header, and every part of the rest.
    const [head, ...rest] = own.split(".");
    const header = JSON.parse(Buffer.from(head!, "base64url").toString()) as Record<string, unknown>;
    expect(Object.keys(header).sort()).toEqual([
      "alg",
      "enc",
      "iv",
      "kid",
      "knd",
      "pid",
      "prv",
      "rid",
      "tag",
      "typ",
      "ver",
      "wid",
    ]);
    for (const name of Object.keys(header)) {
      const changed = { ...header, [name]: name === "ver" ? 2 : `${String(header[name])}x` };
      await put([Buffer.from(JSON.stringify(changed)).toString("base64url"), ...rest].join("."));
      await expect(open(), name).rejects.toMatchObject({ name: "SealedError" });
    }
    for (let part = 0; part < rest.length; part += 1) {
      const bytes = Buffer.from(rest[part]!, "base64url");
      bytes[0]! ^= 1;
      await put([head, ...rest.with(part, bytes.toString("base64url"))].join("."));
      await expect(open(), `part ${part}`).rejects.toMatchObject({ name: "SealedError" });
    }

    // The first credential, put back after the second.
    await put(own);
    await connect(system, person, "google", "mailbox");
    const later = await jobFor(person, google);
    await put(own);
    await expect(openConnection(anotherWorker(), later.ticket, google.id)).rejects.toMatchObject({
      code: "BINDING_MISMATCH",
    });
  });

  test("is under a key of its workspace for credentials alone, with a content key of its own", async () => {
    const person = await addMember(database, owner, "user");
    const { id } = await connect(system, person, "salesforce", "deals");
    const { rows } = await admin.query(
      "select sealed, sealed_revocation from connections.credentials where connection_id = $1",
      [id],
    );
    const parts = [rows[0].sealed, rows[0].sealed_revocation].map((jwe: string) => jwe.split("."));
    const kids = parts.map(
      ([head]) => (JSON.parse(Buffer.from(head!, "base64url").toString()) as { kid: string }).kid,
    );
    expect(kids).toEqual([`${owner.workspaceId}/credential/1`, `${owner.workspaceId}/credential/1`]);
    expect(parts[0]![1]).not.toBe(parts[1]![1]);
  });

  test("opens for nobody who has the whole database, and not the key-encryption key", async () => {
    const person = await addMember(database, owner, "user");
    const connection = await connect(system, person, "google", "mailbox");
    const { ticket } = await jobFor(person, connection);
    const guessed = anotherWorker(localKek(parseKeyRing(generateKeyRing())));
    await expect(openConnection(guessed, ticket, connection.id)).rejects.toMatchObject({
      code: "KEK_REFUSED",
    });
  });
});

describe("disconnecting", () => {
  test("stops a job that is running and has not called out yet", async () => {
    const person = await addMember(database, owner, "user");
    const connection = await connect(system, person, "google", "mailbox");
    const { ticket } = await jobFor(person, connection);
    const before = all.standins.google.count("GET", "/gmail/v1/users/me/messages");
    const work = useConnection(anotherWorker(), ticket, connection.id, async ({ fetch, credential }) => {
      await call(system, person, "select connections.disconnect($1)", [connection.id]);
      await fetch("https://gmail.googleapis.com/gmail/v1/users/me/messages", {
        headers: { authorization: `Bearer ${credential.accessToken}` },
      });
    });
    await expect(work).rejects.toMatchObject(ended);
    expect(all.standins.google.count("GET", "/gmail/v1/users/me/messages")).toBe(before);
    await expect(openConnection(anotherWorker(), ticket, connection.id)).rejects.toMatchObject(ended);
  });

  test("stops a refresh under way: what the provider gave meanwhile is not stored", async () => {
    const person = await addMember(database, owner, "user");
    const connection = await connect(system, person, "gong", "calls");
    const { ticket } = await jobFor(person, connection);
    const { refreshConnection } = await import("../../worker/connections/refresh.ts");
    const opened = await openConnection(anotherWorker(), ticket, connection.id);
    const before = all.standins.gong.requests.length;
    all.standins.gong.fail({ kind: "slow", ms: 400 });
    const refreshing = refreshConnection(anotherWorker(), ticket, opened).catch((error: unknown) => error);
    await until(async () => all.standins.gong.requests.length > before);
    await call(system, person, "select connections.disconnect($1)", [connection.id]);
    expect(await refreshing).toMatchObject(ended);
    expect(
      (await admin.query("select from connections.credentials where connection_id = $1", [connection.id]))
        .rowCount,
    ).toBe(0);
  });

  test("destroys the credential in the same transaction, for good", async () => {
    const person = await addMember(database, owner, "user");
    const connection = await connect(system, person, "google", "mailbox");
    const { rows } = await admin.query(
      "select sealed from connections.credentials where connection_id = $1",
      [connection.id],
    );
    await call(system, person, "select connections.disconnect($1)", [connection.id]);
    expect(
      (await admin.query("select from connections.credentials where connection_id = $1", [connection.id]))
        .rowCount,
    ).toBe(0);
    await connectionWhen(system, person, connection.id, ({ revocation }) => revocation === "revoked");
    // Brought back from a backup, row and all, it is of no use: the connection has ended.
    await admin.query(
      "insert into connections.credentials (workspace_id, connection_id, version, sealed, key_version) values ($1, $2, 1, $3, 1)",
      [owner.workspaceId, connection.id, rows[0].sealed],
    );
    const { ticket } = await jobFor(person, connection);
    await expect(openConnection(anotherWorker(), ticket, connection.id)).rejects.toMatchObject(ended);
    await expect(
      call(system, person, "select connections.disconnect($1)", [connection.id]),
    ).rejects.toMatchObject({ code: "ZC005" });
  });

  test("gives the grant back again and again, until the provider answers", async () => {
    const person = await addMember(database, owner, "user");
    const connection = await connect(system, person, "google", "mailbox");
    all.standins.google.fail({ kind: "server_error", path: /^\/revoke$/ });
    const before = all.standins.google.count("POST", "/revoke");
    await call(system, person, "select connections.disconnect($1)", [connection.id]);
    await until(async () => {
      const { rows } = await admin.query(
        "update queue_mail_sync._private_jobs set run_at = now() where attempts = 1 and locked_at is null and payload::text like '%revocation_id%' returning last_error",
      );
      return rows.length > 0 && rows[0].last_error === "PROVIDER_UNAVAILABLE";
    });
    expect(
      await connectionWhen(system, person, connection.id, ({ revocation }) => revocation !== "pending"),
    ).toMatchObject({ revocation: "revoked" });
    expect(all.standins.google.count("POST", "/revoke")).toBe(before + 2);
  });

  test("says so when the provider did not know the grant any more", async () => {
    const person = await addMember(database, owner, "user");
    const connection = await connect(system, person, "salesforce", "licenses", "grace@example.com");
    await all.standins.salesforce.revokeAt("grace@example.com");
    await call(system, person, "select connections.disconnect($1)", [connection.id]);
    expect(
      await connectionWhen(system, person, connection.id, ({ revocation }) => revocation !== "pending"),
    ).toMatchObject({ revocation: "unknown" });
  });

  test("forgets the grant with the last try, and says that it failed", async () => {
    const person = await addMember(database, owner, "user");
    const connection = await connect(system, person, "google", "mailbox");
    all.standins.google.fail({ kind: "server_error", path: /^\/revoke$/, times: 2 });
    await call(system, person, "select connections.disconnect($1)", [connection.id]);
    await until(async () => {
      const { rowCount } = await admin.query(
        "update queue_mail_sync._private_jobs set run_at = now(), max_attempts = 2 where attempts = 1 and locked_at is null and payload::text like '%revocation_id%'",
      );
      return rowCount;
    });
    expect(
      await connectionWhen(system, person, connection.id, ({ revocation }) => revocation !== "pending"),
    ).toMatchObject({ revocation: "failed" });
    expect(
      (await admin.query("select from connections.revocations where connection_id = $1", [connection.id]))
        .rowCount,
    ).toBe(0);
    all.standins.google.recover();
  });
});
