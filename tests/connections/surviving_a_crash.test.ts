import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { type SignedIn, addMember, createWorkspace } from "../helpers/people.ts";
import { sealSecret } from "../../envelope/secret.ts";
import { CLIENT_ID, CLIENT_SECRET, GRANOLA_KEY, type OAuthName } from "./support.ts";
import {
  type Seen,
  begin,
  call,
  comeBack,
  connect,
  connectionWhen,
  connectionsOf,
  startConnectionsSystem,
  until,
} from "./system.ts";

const system = await startConnectionsSystem({ worker: false });
const { database, all, keys } = system;
const admin = database.pool("postgres", { max: 2 });
const owner = await createWorkspace(database, "Harbour");
const children: ChildProcess[] = [];
afterAll(() => children.forEach((child) => child.kill("SIGKILL")));
// Each case starts three workers, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 90_000 });
afterEach(() => {
  for (const standin of Object.values(all.standins)) standin.recover();
});

/** Moments of a worker's death; `during` is the test's own kill while the provider answers. */
type Moment = { readonly statement: string; readonly moment: "before" | "before_commit" | "after_commit" };

function startChild(killAt: Moment | Record<string, never> = {}): ChildProcess {
  const child = spawn(process.execPath, [fileURLToPath(new URL("killable_worker.ts", import.meta.url))], {
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      PATH: process.env.PATH,
      NODE_ENV: "development",
      KILL_AT: JSON.stringify(killAt),
      WORKER_SERVICES: "mail_sync,crm",
      MAIL_SYNC_DATABASE_URL: database.url("bulkhead_mail_sync"),
      CRM_DATABASE_URL: database.url("bulkhead_crm"),
      WORKER_PRIVATE_KEYS: keys.privateText,
      KEK_PROVIDER: "local",
      KEK_KEYRING: keys.keyRingText,
      PUBLIC_URL: system.settings.publicUrl,
      CONNECTION_STANDINS: JSON.stringify(all.map),
      ...Object.fromEntries(
        ["GOOGLE", "MICROSOFT", "SALESFORCE", "GONG", "NYLAS"].flatMap((name) => [
          [`${name}_CLIENT_ID`, CLIENT_ID],
          [`${name}_${name === "NYLAS" ? "API_KEY" : "CLIENT_SECRET"}`, CLIENT_SECRET],
        ]),
      ),
      GRANOLA: "on",
    },
  });
  children.push(child);
  return child;
}

/** Runs a worker process until it has killed itself at `moment`. */
async function dieAt(moment: Moment): Promise<void> {
  const [, signal] = await once(startChild(moment), "exit");
  expect(signal).toBe("SIGKILL");
}

/** Runs a worker process and kills it while a provider takes its time over the answer. */
async function dieDuring(standin: { requests: unknown[] }): Promise<void> {
  const before = standin.requests.length;
  const child = startChild();
  await until(async () => standin.requests.length > before);
  child.kill("SIGKILL");
  await once(child, "exit");
}

/** The worker that comes after. */
async function withSuccessor<Result>(work: () => Promise<Result>): Promise<Result> {
  const worker = await system.start({ recoverEveryMs: 100 });
  try {
    return await work();
  } finally {
    await worker.stop();
  }
}

const account = (provider: string) => (provider === "gong" ? "company-17" : "ada@example.com");

/** Connects with a token that has to be refreshed before it can be used. */
async function connectShort(
  person: SignedIn,
  provider: Exclude<OAuthName, "nylas">,
  profile: string,
): Promise<Seen> {
  const standin = all.standins[provider];
  standin.setAccessTokenSeconds(30);
  const seen = await withSuccessor(() => connect(system, person, provider, profile));
  standin.setAccessTokenSeconds(3600);
  // Only the job under test asks for a refresh.
  for (const queue of ["queue_mail_sync", "queue_crm"])
    await admin.query(
      `update ${queue}._private_jobs set run_at = now() + interval '1 day' where payload ->> 'connection_id' = $1`,
      [seen.id],
    );
  return seen;
}

const statusOfCheck = async (id: string) =>
  (
    await admin.query(
      "select status from connections.jobs where connection_id = $1 and task = 'connection_check' order by id desc limit 1",
      [id],
    )
  ).rows[0]?.status as string | undefined;

const beforeTheCall: Moment = { statement: "connections.usable", moment: "before" };
const moments: readonly [string, Moment | "during"][] = [
  ["before the provider is asked", beforeTheCall],
  ["while the provider answers", "during"],
  ["after the answer, before it is stored", { statement: "store_refreshed", moment: "before" }],
  ["after storing, before the commit", { statement: "store_refreshed", moment: "before_commit" }],
  ["after the commit, before the token is used", { statement: "store_refreshed", moment: "after_commit" }],
];
/** Providers whose refresh token is good once: what they answered and was not committed is lost with the worker. */
const singleUse = ["gong", "salesforce"];

describe.each([
  ["google", "mailbox"],
  ["microsoft", "mailbox"],
  ["salesforce", "deals"],
  ["gong", "calls"],
] as const)("a worker killed in a refresh (%s)", (provider, profile) => {
  const cases = provider === "microsoft" ? moments.slice(2, 3) : moments;
  test.each(cases)("%s", async (_what, moment) => {
    const person = await addMember(database, owner, "user");
    const connection = await connectShort(person, provider, profile);
    await call(system, person, "select connections.check_connection($1)", [connection.id]);
    if (moment === "during") {
      all.standins[provider].fail({ kind: "hang", ms: 60_000, path: /token$/ });
      await dieDuring(all.standins[provider]);
    } else await dieAt(moment);
    const { rows } = await admin.query(
      "select version, refresh_fence from connections.credentials where connection_id = $1",
      [connection.id],
    );
    const committed = moment !== "during" && moment.moment === "after_commit";
    expect(rows).toEqual([
      committed ? { version: 2, refresh_fence: null } : { version: 1, refresh_fence: expect.any(String) },
    ]);

    // Nobody has to wait for the dead one's turn to end: its claim is over as soon as its job is claimed again.
    const lost = singleUse.includes(provider) && moment !== beforeTheCall && !committed;
    await withSuccessor(() =>
      until(async () => (await statusOfCheck(connection.id)) === (lost ? "held" : "done")),
    );
    const seen = (await connectionsOf(database, person)).find(({ id }) => id === connection.id)!;
    if (lost) {
      // The window that cannot be closed: the owner is told, nothing is left in a wrong state, and the job waits.
      expect(seen).toMatchObject({
        state: "reconnect_needed",
        last_error_code: "PROVIDER_GRANT_INVALID",
        key_version: null,
      });
      const again = await withSuccessor(async () => {
        const connected = await connect(system, person, provider, profile);
        await until(async () => (await statusOfCheck(connection.id)) === "done");
        return connected;
      });
      expect(again.id).toBe(connection.id);
    } else {
      expect(seen).toMatchObject({ state: "connected", last_error_code: null, version: 2 });
    }
  });
});

describe("a worker killed while it gives a grant back", () => {
  test.each([
    ["before the provider is asked", { statement: "take_revocation", moment: "after_commit" }, "revoked"],
    [
      "after the answer, before it is stored",
      { statement: "finish_revocation", moment: "before" },
      "unknown",
    ],
    ["before the commit", { statement: "finish_revocation", moment: "before_commit" }, "unknown"],
    ["after the commit", { statement: "finish_revocation", moment: "after_commit" }, "revoked"],
  ] as const)("%s", async (_what, moment, outcome) => {
    const person = await addMember(database, owner, "user");
    const connection = await withSuccessor(() => connect(system, person, "google", "mailbox"));
    await call(system, person, "select connections.disconnect($1)", [connection.id]);
    await dieAt(moment);
    const seen = await withSuccessor(() =>
      connectionWhen(system, person, connection.id, ({ revocation }) => revocation !== "pending"),
    );
    // Asked a second time, the provider does not know the grant any more: it was the first time that ended it.
    expect(seen).toMatchObject({ state: "disconnected", revocation: outcome });
    expect(
      (await admin.query("select from connections.revocations where connection_id = $1", [connection.id]))
        .rowCount,
    ).toBe(0);
  });
});

describe("a worker killed in a code exchange", () => {
  test.each([
    [
      "before the code is taken",
      { statement: "take_connection_attempt", moment: "before" },
      "connected",
      null,
    ],
    [
      "before the provider is asked",
      { statement: "take_connection_attempt", moment: "after_commit" },
      "connected",
      null,
    ],
    [
      "after the answer, before it is stored",
      { statement: "store_credential", moment: "before" },
      "failed",
      "CONNECTION_INTERRUPTED",
    ],
    [
      "before the commit",
      { statement: "store_credential", moment: "before_commit" },
      "failed",
      "CONNECTION_INTERRUPTED",
    ],
    ["after the commit", { statement: "store_credential", moment: "after_commit" }, "connected", null],
  ] as const)("%s", async (_what, moment, state, code) => {
    const person = await addMember(database, owner, "user");
    const { connectionId, authorizeUrl, cookie } = await begin(system, person, "google", "mailbox");
    await comeBack(system, await all.standins.google.approve(authorizeUrl, account("google")), cookie);
    await dieAt(moment);
    const seen = await withSuccessor(() =>
      connectionWhen(system, person, connectionId, ({ state: now }) => now !== "pending"),
    );
    expect(seen).toMatchObject({ state, last_error_code: code });
    // The sealed code is gone with the end, whichever it was.
    expect(
      (await admin.query("select from session.connection_attempts where connection_id = $1", [connectionId]))
        .rowCount,
    ).toBe(0);
    // What the dead worker was given and could not keep, the provider has taken back: nobody holds it.
    const { requests } = all.standins.google;
    const codes = requests.filter(({ body }) => body.grant_type === "authorization_code");
    if (state === "failed") expect(codes.at(-1)!.body.code).toBe(codes.at(-2)!.body.code);
  });

  test("an older connection to the same account is not harmed", async () => {
    const person = await addMember(database, owner, "user");
    const connection = await withSuccessor(() => connect(system, person, "google", "mailbox"));
    const { connectionId, authorizeUrl, cookie } = await begin(system, person, "google", "mailbox");
    await comeBack(system, await all.standins.google.approve(authorizeUrl, account("google")), cookie);
    await dieAt({ statement: "store_credential", moment: "before_commit" });
    await call(system, person, "select connections.check_connection($1)", [connection.id]);
    await withSuccessor(async () => {
      await connectionWhen(system, person, connectionId, ({ state }) => state === "failed");
      await until(async () => (await statusOfCheck(connection.id)) === "done");
    });
    expect(await connectionsOf(database, person)).toContainEqual(
      expect.objectContaining({ id: connection.id, state: "connected", version: 1 }),
    );
  });
});

describe("a worker killed while it tries a key", () => {
  test.each([
    ["before it is taken", { statement: "take_secret", moment: "before" }],
    ["before the provider is asked", { statement: "take_secret", moment: "after_commit" }],
    ["before the commit", { statement: "store_credential", moment: "before_commit" }],
    ["after the commit", { statement: "store_credential", moment: "after_commit" }],
  ] as const)("%s: its successor tries it again", async (_what, moment) => {
    const person = await addMember(database, owner, "user");
    const binding = { workspace: person.workspaceId, person: person.personId };
    const sealed = sealSecret(keys.publicKeys.intake[0]!, binding, GRANOLA_KEY);
    const { rows } = await call(
      system,
      person,
      "select id from connections.connect_with_secret('granola', 'notes', $1)",
      [sealed],
    );
    await dieAt(moment);
    const seen = await withSuccessor(() =>
      connectionWhen(system, person, rows[0].id, ({ state }) => state !== "pending"),
    );
    expect(seen).toMatchObject({ state: "connected" });
    expect(
      (await admin.query("select from connections.intake where connection_id = $1", [rows[0].id])).rowCount,
    ).toBe(0);
  });
});
