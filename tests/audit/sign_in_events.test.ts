import { expect, it, vi } from "vitest";
import { HARBOUR, openBrowser, signInOnTheWeb, sql, startAuth, toCallback } from "../auth/support.ts";

const system = await startAuth();

const eventsOf = (action: string, workspaceId = system.harbourId) =>
  sql(
    system,
    "select service, details from audit.events where workspace_id = $1 and action = $2 order by id",
    [workspaceId, action],
  );

it("a sign-in and its end each leave the provider's call that they made", async () => {
  const { browser } = await signInOnTheWeb(system, "owner@harbour.example");
  expect(await eventsOf("provider.called")).toMatchObject([
    { service: "identity", details: { provider: "workos", operation: "authenticate", success: true } },
  ]);
  await browser.post("/auth/sign-out");
  await vi.waitFor(async () => expect((await eventsOf("provider.called")).length).toBe(2));
  expect((await eventsOf("provider.called"))[1]).toMatchObject({
    service: "identity",
    details: { provider: "workos", operation: "revoke_session", success: true },
  });
});

it("a sign-in that fails stands in the log of the workspace that it was for, with the call and the code alone", async () => {
  const before = (await eventsOf("provider.called")).length;
  const browser = openBrowser(system.url);
  await browser.get(await toCallback(system, browser, "stranger@harbour.example"));
  expect(await eventsOf("session.sign_in_failed")).toEqual([
    { service: "identity", details: { code: "NOT_INVITED", client: "web" } },
  ]);
  await vi.waitFor(async () => expect((await eventsOf("provider.called")).length).toBe(before + 2));
  const { text } = (
    await sql(
      system,
      "select string_agg(e::text, '') as text from audit.events e where action like '%failed'",
    )
  )[0];
  expect(text).not.toContain("stranger");
});

it("one that no workspace knows of leaves nothing: there is no log that it belongs to", async () => {
  const count = async () =>
    (
      await sql(system, "select count(*)::int as n from audit.events where action = 'session.sign_in_failed'")
    )[0].n;
  const before = await count();
  const browser = openBrowser(system.url);
  await browser.get(await toCallback(system, browser, "someone@unknown.example"));
  expect(await count()).toBe(before);
});

it("one that a workspace's own rule refuses stands in that workspace's log, even without an organization", async () => {
  const [{ subject }] = await sql(
    system,
    `select i.subject from session.identities i join tenancy.people p on p.id = i.person_id
    where p.workspace_id = $1 and p.email = 'owner@harbour.example'`,
    [system.harbourId],
  );
  await sql(
    system,
    `insert into session.workspace_policies (workspace_id, sso_required) values ($1, true)
    on conflict (workspace_id) do update set sso_required = true`,
    [system.harbourId],
  );
  const refused = (organization: string | null) =>
    system.database
      .pool("bulkhead_identity", { max: 1 })
      .query(
        "select session.complete_sign_in($1, 'owner@harbour.example', 'O', $2, 'Password', 's', 'web', null, null)",
        [subject, organization],
      )
      .catch((error: { code: string; detail: string }) => error);
  // What the identity service reads; the API never shows an error's detail.
  expect(await refused(HARBOUR)).toMatchObject({ code: "ZS005", detail: system.harbourId });
  expect(await refused(null)).toMatchObject({ code: "ZT017", detail: system.harbourId });
});
