import { createHmac, randomUUID } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { openConnection } from "../../worker/connections/open.ts";
import { grantHash } from "../../worker/connections/sealing.ts";
import { judgeNylas } from "../../worker/connections/webhook.ts";
import { useConnection } from "../../worker/connections/use.ts";
import { type SignedIn, addMember, createWorkspace } from "../helpers/people.ts";
import { jobsOf } from "./jobs.ts";
import { GRANOLA_KEY, WEBHOOK_SECRET } from "./support.ts";
import {
  type Seen,
  call,
  connect,
  connectWithSecret,
  connectionWhen,
  connectionsOf,
  startConnectionsSystem,
  until,
} from "./system.ts";

const system = await startConnectionsSystem();
const { database, all, api } = system;
const { admin, anotherWorker, jobFor } = jobsOf(system);
const owner = await createWorkspace(database, "Harbour");
afterEach(() => {
  for (const standin of Object.values(all.standins)) standin.recover();
});

const lost = (person: SignedIn, { id }: Seen) =>
  connectionWhen(system, person, id, ({ state }) => state === "reconnect_needed");

const credentials = async ({ id }: Seen) =>
  (await admin.query("select from connections.credentials where connection_id = $1", [id])).rowCount;

describe("a provider that is asked", () => {
  const connectGranola = (person: SignedIn) =>
    connectWithSecret(system, person, "granola", "notes", GRANOLA_KEY);
  test.each([
    [
      "google",
      (person: SignedIn) => connect(system, person, "google", "mailbox"),
      () => all.standins.google.revokeAt("ada@example.com"),
      "PROVIDER_GRANT_INVALID",
    ],
    [
      "microsoft",
      (person: SignedIn) => connect(system, person, "microsoft", "mailbox"),
      () => all.standins.microsoft.revokeAt("ada@example.com"),
      "PROVIDER_GRANT_INVALID",
    ],
    [
      "salesforce",
      (person: SignedIn) => connect(system, person, "salesforce", "deals"),
      () => all.standins.salesforce.revokeAt("ada@example.com"),
      "PROVIDER_GRANT_INVALID",
    ],
    [
      "nylas",
      (person: SignedIn) => connect(system, person, "nylas", "mailbox"),
      () => all.standins.nylas.grants.clear(),
      "PROVIDER_GRANT_INVALID",
    ],
    [
      "granola",
      connectGranola,
      () => all.standins.granola.revokeKey(GRANOLA_KEY),
      "PROVIDER_CREDENTIAL_REJECTED",
    ],
  ] as const)("and has ended the grant loses us the connection: %s", async (_provider, begin, end, code) => {
    const person = await addMember(database, owner, "user");
    const connection = await begin(person);
    expect(connection.state).toBe("connected");
    await end();
    await call(system, person, "select connections.check_connection($1)", [connection.id]);
    expect(await lost(person, connection)).toMatchObject({ last_error_code: code, key_version: null });
    expect(await credentials(connection)).toBe(0);
    const { rows } = await admin.query(
      "select task, status from connections.jobs where connection_id = $1 and status not in ('done', 'cancelled')",
      [connection.id],
    );
    expect(rows).toEqual([{ task: "connection_check", status: "held" }]);
  });

  test("Gong says so when the token has ended: its check asks nobody before", async () => {
    const person = await addMember(database, owner, "user");
    all.standins.gong.setAccessTokenSeconds(30);
    const connection = await connect(system, person, "gong", "calls");
    all.standins.gong.setAccessTokenSeconds(3600);
    all.standins.gong.revokeAt("company-17");
    await call(system, person, "select connections.check_connection($1)", [connection.id]);
    expect(await lost(person, connection)).toMatchObject({ last_error_code: "PROVIDER_GRANT_INVALID" });
  });
});

/** Sends a webhook as Nylas does. */
async function send(
  event: object,
  { secret = WEBHOOK_SECRET, signature }: { secret?: string; signature?: string } = {},
): Promise<number> {
  const body = JSON.stringify(event);
  const answer = await fetch(`${api}/webhooks/nylas`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-nylas-signature": signature ?? createHmac("sha256", secret).update(body).digest("hex"),
    },
    body,
  });
  await answer.body?.cancel();
  return answer.status;
}

const seconds = () => Math.floor(Date.now() / 1000);
const expired = (grantId: string, more: object = {}) => ({
  specversion: "1.0",
  type: "grant.expired",
  source: "/nylas/system",
  id: randomUUID(),
  time: seconds(),
  webhook_delivery_attempt: 1,
  data: { application_id: "app", object: { code: 25009, grant_id: grantId, provider: "google" } },
  ...more,
});

/** Connects at Nylas; the grant's id is what the stand-in knows. */
async function connectNylas(person: SignedIn): Promise<{ connection: Seen; grantId: string }> {
  const before = new Set(all.standins.nylas.grants.keys());
  const connection = await connect(system, person, "nylas", "mailbox");
  return { connection, grantId: [...all.standins.nylas.grants.keys()].find((id) => !before.has(id))! };
}

const judged = async () => {
  await until(async () => (await admin.query("select from session.webhooks")).rowCount === 0);
  const { rows } = await admin.query(
    "select details from audit.events where action = 'webhook.judged' and workspace_id = $1 order by id",
    [owner.workspaceId],
  );
  return rows.map(({ details }) => details);
};

describe("a webhook (OPP-57, DSK-43)", () => {
  test.each(["grant.expired", "grant.deleted"])(
    "%s destroys the secret, stops the jobs and tells the owner",
    async (type) => {
      const person = await addMember(database, owner, "user");
      const { connection, grantId } = await connectNylas(person);
      const other = await connectNylas(await addMember(database, owner, "user"));
      const { ticket, jobId } = await jobFor(person, connection);
      const running = await openConnection(anotherWorker(), ticket, connection.id);
      expect(running.credential.grantId).toBe(grantId);

      expect(await send(expired(grantId, { type }))).toBe(200);
      expect(await lost(person, connection)).toMatchObject({
        last_error_code: "PROVIDER_GRANT_INVALID",
        key_version: null,
      });
      expect(await credentials(connection)).toBe(0);
      expect(await credentials(other.connection)).toBe(1);
      expect((await judged()).at(-1)).toEqual({
        provider: "nylas",
        trigger: type,
        verdict: "GENUINE",
        processed: true,
      });
      // A job that runs does not get out any more, and waits for the owner.
      const before = all.standins.nylas.requests.length;
      await expect(
        useConnection(anotherWorker(), ticket, connection.id, async ({ fetch }) =>
          fetch(`https://api.us.nylas.com/v3/grants/${grantId}/messages`),
        ),
      ).rejects.toMatchObject({ code: "CONNECTION_ENDED" });
      expect(all.standins.nylas.requests.length).toBe(before);
      const { rows } = await admin.query("select status from connections.jobs where id = $1", [jobId]);
      expect(rows).toEqual([{ status: "held" }]);
      // Connecting again revives the same connection.
      expect(await connect(system, person, "nylas", "mailbox")).toMatchObject({
        id: connection.id,
        state: "connected",
      });
    },
  );

  test("that is forged changes nothing, and whose grant it names learns of it", async () => {
    const person = await addMember(database, owner, "user");
    const { connection, grantId } = await connectNylas(person);
    for (const forged of [
      { secret: "guessed" },
      { signature: "" },
      { signature: "00".repeat(32) },
      { signature: "x".repeat(64) },
    ])
      expect(await send(expired(grantId), forged)).toBe(200);
    const verdicts = (await judged()).slice(-4);
    for (const verdict of verdicts)
      expect(verdict).toEqual({
        provider: "nylas",
        trigger: "grant.expired",
        verdict: "SIGNATURE_INVALID",
        processed: false,
      });
    expect(await connectionsOf(database, person)).toMatchObject([{ id: connection.id, state: "connected" }]);
    expect(system.worker!.lines.filter((line) => line.includes("SIGNATURE_INVALID")).length).toBeGreaterThan(
      3,
    );
  });

  test("that is sent again does not count again, even after the owner has connected again", async () => {
    const person = await addMember(database, owner, "user");
    const { connection, grantId } = await connectNylas(person);
    const event = expired(grantId);
    await send(event);
    await lost(person, connection);
    await connectNylas(person);
    // Nylas may keep the id of a grant that is renewed.
    await admin.query(
      "update session.provider_grants set grant_hash = $2, noted_at = now() - interval '1 hour' where connection_id = $1",
      [connection.id, grantHash("nylas", grantId)],
    );
    await send(event);
    expect((await judged()).at(-1)).toMatchObject({ verdict: "REPLAYED", processed: false });
    expect(await connectionsOf(database, person)).toMatchObject([{ id: connection.id, state: "connected" }]);
  });

  test("of a time before the consent, or much too old, does not end it", async () => {
    const person = await addMember(database, owner, "user");
    const { connection, grantId } = await connectNylas(person);
    await send(expired(grantId, { time: seconds() - 60 }));
    await send(expired(grantId, { time: seconds() - 8 * 86_400 }));
    await send(expired(grantId, { time: seconds() + 8 * 86_400 }));
    const verdicts = (await judged()).slice(-3);
    expect(verdicts.map(({ verdict, processed }) => [verdict, processed]).sort()).toEqual([
      ["GENUINE", false],
      ["TOO_OLD", false],
      ["TOO_OLD", false],
    ]);
    expect(await connectionsOf(database, person)).toMatchObject([{ id: connection.id, state: "connected" }]);
  });

  test("is sealed on its way, for its own row alone", async () => {
    const person = await addMember(database, owner, "user");
    const { connection, grantId } = await connectNylas(person);
    await system.worker!.stop();
    await send(expired(grantId));
    const { rows } = await admin.query("select id, sealed from session.webhooks");
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(grantId);
    // Put in again under another id by whoever writes to the table, it does not open.
    await admin.query("delete from session.webhooks");
    await admin.query(
      "insert into session.webhooks (id, provider, sealed) values (gen_random_uuid(), 'nylas', $1)",
      [rows[0].sealed],
    );
    await admin.query(
      "select queue_mail_sync.add_job('webhook', json_build_object('webhook_id', (select id from session.webhooks)))",
    );
    const worker = await system.start();
    await judged();
    await worker.stop();
    expect(worker.lines.some((line) => line.includes("MALFORMED"))).toBe(true);
    expect(await connectionsOf(database, person)).toMatchObject([{ id: connection.id, state: "connected" }]);
  });

  test("goes by the address that answers Nylas' challenge, and by no other", async () => {
    const get = (path: string) => fetch(`${api}${path}`);
    const answer = await get("/webhooks/nylas?challenge=bc609b38-c81f-47fb");
    expect([answer.status, answer.headers.get("content-type"), await answer.text()]).toEqual([
      200,
      "text/plain; charset=utf-8",
      "bc609b38-c81f-47fb",
    ]);
    expect((await get(`/webhooks/nylas?challenge=${encodeURIComponent("<script>")}`)).status).toBe(400);
    expect((await get("/webhooks/google?challenge=x")).status).toBe(404);
    expect((await fetch(`${api}/webhooks/nylas`, { method: "POST", body: "{}" })).status).toBe(400);
    expect((await fetch(`${api}/webhooks/nylas`, { method: "DELETE" })).status).toBe(405);
    const large = { method: "POST", headers: { "x-nylas-signature": "00" }, body: "x".repeat(300_000) };
    expect((await fetch(`${api}/webhooks/nylas`, large)).status).toBe(413);
  });

  test("more than can be judged are refused, for the provider to send again", async () => {
    const jwe = `${Buffer.from('{"alg":"x"}').toString("base64url")}.a.b.c.d`;
    await admin
      .query(
        "insert into session.webhooks (id, provider, sealed) select gen_random_uuid(), 'nylas', $1 from generate_series(1, 2000)",
        [jwe],
      )
      .catch(() => {});
    expect(await send(expired(randomUUID()))).toBe(503);
    await admin.query("delete from session.webhooks");
  });
});

test("a secret is replaced while both count; without one nothing does", () => {
  const body = JSON.stringify(expired("g1"));
  const sealed = {
    signature: createHmac("sha256", "next").update(body).digest("hex"),
    body: Buffer.from(body).toString("base64"),
  };
  expect(judgeNylas(sealed, ["former", "next"]).verdict).toBe("GENUINE");
  expect(judgeNylas(sealed, ["former"]).verdict).toBe("SIGNATURE_INVALID");
  expect(judgeNylas(sealed, []).verdict).toBe("SECRET_MISSING");
  const changed = { ...sealed, body: Buffer.from(body.replace("g1", "g2")).toString("base64") };
  expect(judgeNylas(changed, ["next"]).verdict).toBe("SIGNATURE_INVALID");
});
