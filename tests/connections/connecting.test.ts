import { describe, expect, test } from "vitest";
import { addMember, createWorkspace } from "../helpers/people.ts";
import {
  begin,
  call,
  comeBack,
  connect,
  connectWithSecret,
  connectionWhen,
  connectionsOf,
  startConnectionsSystem,
  until,
  wholeDatabase,
} from "./system.ts";
import { ACCOUNTS, CLIENT_SECRET, GRANOLA_KEY } from "./support.ts";

const system = await startConnectionsSystem();
const { database, all } = system;
const owner = await createWorkspace(database, "Harbour");
const stranger = await createWorkspace(database, "Lighthouse");

describe.each([
  ["google", "mailbox"],
  ["microsoft", "mailbox"],
  ["nylas", "mailbox"],
  ["salesforce", "deals"],
  ["gong", "calls"],
] as const)("%s", (provider, profile) => {
  test("is connected by the provider's own consent screen, used, and disconnected", async () => {
    const person = await addMember(database, owner, "user");
    const connection = await connect(system, person, provider, profile);
    expect(connection).toMatchObject({
      state: "connected",
      version: 1,
      key_version: 1,
      last_error_code: null,
    });
    expect(connection.account_label).toBe(provider === "gong" ? "company-17" : ACCOUNTS[0]);

    const calls = all.standins[provider].requests.length;
    await call(system, person, "select connections.check_connection($1)", [connection.id]);
    if (provider !== "gong") await until(async () => all.standins[provider].requests.length > calls);
    await until(async () => {
      const { rows } = await database
        .pool("postgres", { max: 1 })
        .query(
          "select from connections.jobs where connection_id = $1 and task = 'connection_check' and status = 'done'",
          [connection.id],
        );
      return rows.length > 0;
    });

    await call(system, person, "select connections.disconnect($1)", [connection.id]);
    const revocable = provider !== "microsoft" && provider !== "gong";
    const ended = await connectionWhen(
      system,
      person,
      connection.id,
      ({ revocation }) => revocation !== "pending",
    );
    expect(ended).toMatchObject({
      state: "disconnected",
      revocation: revocable ? "revoked" : "unsupported",
      key_version: null,
    });
    const { rows } = await database
      .pool("postgres", { max: 1 })
      .query(
        "select (select count(*) from connections.credentials where connection_id = $1) + (select count(*) from connections.revocations where connection_id = $1) as left",
        [connection.id],
      );
    expect(rows[0].left).toBe("0");
  });
});

describe("a consent", () => {
  test("goes to the provider's own screen with exactly the profile's scopes, and back to the page that began it", async () => {
    const { authorizeUrl, cookie, connectionId } = await begin(system, owner, "google", "mailbox");
    const url = new URL(authorizeUrl);
    expect(url.pathname).toBe("/o/oauth2/v2/auth");
    expect(url.searchParams.get("scope")!.split(" ").sort()).toEqual(
      [...all.providers.google.profiles.mailbox!.scopes].sort(),
    );
    expect(url.searchParams.get("code_challenge_method")).toBe("S256");
    const back = await comeBack(
      system,
      await all.standins.google.approve(authorizeUrl, ACCOUNTS[0]!),
      cookie,
    );
    expect([back.status, back.headers.get("location")]).toEqual([
      303,
      `http://127.0.0.1:5678/settings?connection=${connectionId}`,
    ]);
  });

  test("counts for the browser that began it, and for no other; the state is used up by the first that comes", async () => {
    const { authorizeUrl, cookie } = await begin(system, owner, "google", "mailbox");
    const callback = await all.standins.google.approve(authorizeUrl, ACCOUNTS[1]!);
    const other = await comeBack(system, callback, "");
    expect(await other.json()).toMatchObject({ error: { code: "CONNECTION_BROWSER_MISMATCH" } });
    const late = await comeBack(system, callback, cookie);
    expect(await late.json()).toMatchObject({ error: { code: "CONNECTION_STATE_UNKNOWN" } });
  });

  test("is worth nothing after the session that began it has ended", async () => {
    const person = await addMember(database, owner, "user");
    const { authorizeUrl, cookie } = await begin(system, person, "google", "mailbox");
    const callback = await all.standins.google.approve(authorizeUrl, ACCOUNTS[0]!);
    await call(system, owner, "select tenancy.end_member_sessions($1)", [person.membershipId]);
    expect(await (await comeBack(system, callback, cookie)).json()).toMatchObject({
      error: { code: "CONNECTION_SESSION_ENDED" },
    });
  });

  test("that is declined leaves a connection that says so", async () => {
    const { authorizeUrl, cookie, connectionId } = await begin(system, owner, "google", "mailbox");
    const callback = await all.standins.google.approve(authorizeUrl, "");
    expect(callback.searchParams.get("error")).toBe("access_denied");
    await comeBack(system, callback, cookie);
    expect(
      await connectionWhen(system, owner, connectionId, ({ state }) => state === "failed"),
    ).toMatchObject({ last_error_code: "CONSENT_REFUSED" });
  });

  test.each(["https://attacker.example/", "//attacker.example", "/\\attacker.example"])(
    "never returns to %s",
    async (target) => {
      const answer = await fetch(`${system.api}/oauth/start/google`, {
        method: "POST",
        headers: { authorization: `Bearer ${owner.accessToken}`, "content-type": "application/json" },
        body: JSON.stringify({ profile: "mailbox", return_to: target }),
      });
      expect(await answer.json()).toMatchObject({ error: { code: "RETURN_TO_REFUSED" } });
    },
  );

  test("needs a session, a permission, and something that can be connected", async () => {
    const viewer = await addMember(database, owner, "viewer");
    expect(
      (await begin(system, { ...owner, accessToken: "nonsense" }, "google", "mailbox")).body,
    ).toMatchObject({ error: { code: "UNAUTHENTICATED" } });
    expect((await begin(system, viewer, "google", "mailbox")).body).toMatchObject({
      error: { code: "PERMISSION_DENIED" },
    });
    expect((await begin(system, owner, "google", "everything")).body).toMatchObject({
      error: { code: "CONNECTION_PROVIDER_UNKNOWN" },
    });
    expect((await begin(system, owner, "smtp_imap", "mailbox")).body).toMatchObject({
      error: { code: "CONNECTION_PROVIDER_UNKNOWN" },
    });
  });
});

describe("what was granted", () => {
  test("more than was asked is refused, and given back", async () => {
    const person = await addMember(database, owner, "user");
    all.standins.google.grantExtra(["https://mail.google.com/"]);
    const before = all.standins.google.count("POST", "/revoke");
    const connection = await connect(system, person, "google", "mailbox");
    all.standins.google.grantExtra([]);
    expect(connection).toMatchObject({ state: "failed", last_error_code: "PROVIDER_SCOPES_EXCEEDED" });
    expect(all.standins.google.count("POST", "/revoke")).toBe(before + 1);
  });

  test("fewer than is needed is refused, and given back", async () => {
    const person = await addMember(database, owner, "user");
    const { authorizeUrl, cookie, connectionId } = await begin(system, person, "google", "mailbox");
    const callback = await all.standins.google.approve(authorizeUrl, ACCOUNTS[0]!, {
      only: ["openid", "email"],
    });
    const before = all.standins.google.count("POST", "/revoke");
    await comeBack(system, callback, cookie);
    expect(
      await connectionWhen(system, person, connectionId, ({ state }) => state === "failed"),
    ).toMatchObject({ last_error_code: "PROVIDER_SCOPES_MISSING" });
    expect(all.standins.google.count("POST", "/revoke")).toBe(before + 1);
  });
});

describe("a password or key", () => {
  test("of Granola is tried, and stored when it works", async () => {
    const person = await addMember(database, owner, "user");
    expect(await connectWithSecret(system, person, "granola", "notes", GRANOLA_KEY)).toMatchObject({
      state: "connected",
      account_label: expect.stringMatching(/^API key /),
    });
    expect(await connectWithSecret(system, person, "granola", "notes", "grn_canary_wrong_key")).toMatchObject(
      { state: "failed", last_error_code: "PROVIDER_CREDENTIAL_REJECTED" },
    );
  });

  test("is never taken for what is connected by signing in", async () => {
    const sealed = "eyJ.a.b.c.d".replace("eyJ.", "eyJ0.");
    await expect(
      call(system, owner, "select connections.connect_with_secret('google', 'mailbox', $1)", [sealed]),
    ).rejects.toMatchObject({ code: "ZC003" });
    await expect(
      call(
        system,
        owner,
        "select connections.connect_with_secret('smtp_imap', 'mailbox', 'canary-plaintext')",
      ),
    ).rejects.toMatchObject({ code: "23514" });
    const gmail = {
      user: "ada@gmail.com",
      password: "canary-gmail-password",
      smtp: { host: "smtp.gmail.com", port: 465 },
      imap: { host: "imap.gmail.com", port: 993 },
    };
    expect(
      await connectWithSecret(system, owner, "smtp_imap", "mailbox", JSON.stringify(gmail)),
    ).toMatchObject({ state: "failed", last_error_code: "PROVIDER_SIGN_IN_AVAILABLE" });
  });

  test("that is not JSON where JSON is needed fails without being quoted", async () => {
    expect(await connectWithSecret(system, owner, "smtp_imap", "mailbox", "canary-not-json")).toMatchObject({
      state: "failed",
      last_error_code: "PROVIDER_CREDENTIAL_REJECTED",
    });
  });
});

describe("connections belong to their person", () => {
  test("the same account again is the same connection with the next credential; another person's is their own", async () => {
    const person = await addMember(database, owner, "user");
    const colleague = await addMember(database, owner, "user");
    const first = await connect(system, person, "google", "mailbox");
    const again = await connect(system, person, "google", "mailbox");
    expect(again).toMatchObject({ id: first.id, version: 2, state: "connected" });
    const theirs = await connect(system, colleague, "google", "mailbox");
    expect(theirs.id).not.toBe(first.id);
    expect((await connectionsOf(database, person)).map(({ id }) => id)).toEqual([first.id]);
    expect((await connectionsOf(database, colleague)).map(({ id }) => id)).toEqual([theirs.id]);
    // Who oversees sees that they are there, and can do nothing with them.
    expect((await connectionsOf(database, owner)).map(({ id }) => id)).toEqual(
      expect.arrayContaining([first.id, theirs.id]),
    );
    for (const other of [colleague, owner, stranger]) {
      await expect(
        call(system, other, "select connections.disconnect($1)", [first.id]),
      ).rejects.toMatchObject({ code: "ZC005" });
      await expect(
        call(system, other, "select connections.check_connection($1)", [first.id]),
      ).rejects.toMatchObject({ code: "ZC005" });
    }
    expect(await connectionsOf(database, stranger)).toEqual([]);
  });

  test("removing the person disconnects all of theirs, and gives them back", async () => {
    const person = await addMember(database, owner, "user");
    const google = await connect(system, person, "google", "mailbox", ACCOUNTS[1]);
    const salesforce = await connect(system, person, "salesforce", "licenses", ACCOUNTS[1]);
    await call(system, owner, "select tenancy.remove_member($1)", [person.membershipId]);
    for (const { id } of [google, salesforce]) {
      expect(
        await connectionWhen(system, owner, id, ({ revocation }) => revocation === "revoked"),
      ).toMatchObject({ state: "disconnected" });
    }
  });

  test("a person who leaves takes none along", async () => {
    const person = await addMember(database, owner, "user");
    const { id } = await connect(system, person, "nylas", "mailbox", ACCOUNTS[1]);
    await call(system, person, "select tenancy.leave_workspace()");
    expect(
      await connectionWhen(system, owner, id, ({ revocation }) => revocation === "revoked"),
    ).toMatchObject({ state: "disconnected" });
  });
});

test("afterwards, no secret is in the database, in a job, in a log line or in the audit log", async () => {
  const everything = await wholeDatabase(database);
  const secrets = new Set<string>([CLIENT_SECRET, "canary"]);
  for (const standin of Object.values(all.standins)) {
    for (const { body, headers } of standin.requests) {
      for (const name of ["code", "code_verifier", "refresh_token", "token", "client_secret"])
        if (typeof body[name] === "string") secrets.add(body[name]);
      const bearer = /^Bearer (\S+)$/.exec(headers.authorization ?? "")?.[1];
      if (bearer) secrets.add(bearer);
    }
  }
  expect(secrets.size).toBeGreaterThan(40);
  const printed = `${everything}\n${system.lines.join("\n")}\n${system.worker!.lines.join("\n")}`;
  for (const secret of secrets) expect(printed.includes(secret)).toBe(false);
});

test("every call was one event of the audit log", async () => {
  const { rows } = await call(
    system,
    owner,
    "select operation, success, error_code, duration_ms from connections.calls",
  );
  const { rows: events } = await call(
    system,
    owner,
    "select count(*)::integer as n from audit.events where action = 'provider_call.created'",
  );
  expect(events[0].n).toBeGreaterThanOrEqual(rows.length);
  expect(new Set(rows.map(({ operation }) => operation))).toEqual(
    new Set(["token", "who_am_i", "revoke", "notes.list", "users.list"]),
  );
});
