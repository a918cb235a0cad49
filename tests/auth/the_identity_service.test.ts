import { randomUUID } from "node:crypto";
import { expect, it, vi } from "vitest";
import { generateCallerKey } from "../../envelope/keys.ts";
import { apiPool } from "../helpers/people.ts";
import { openBrowser, signInOnTheWeb, sql, startAuth, toCallback } from "./support.ts";

const system = await startAuth();
const api = apiPool(system.database);

const idle = () =>
  vi.waitFor(async () =>
    expect(
      await sql(system, "select from queue_identity._private_jobs where attempts < max_attempts"),
    ).toEqual([]),
  );

it("is asked to sign somebody in once: a job for it has one attempt", async () => {
  await sql(system, "create table public.seen (task text, max_attempts int)");
  await sql(
    system,
    `create function public.see() returns trigger language plpgsql security definer as
     $$begin insert into public.seen select t.identifier, NEW.max_attempts from queue_identity._private_tasks t where t.id = NEW.task_id;
     return NEW; end$$`,
  );
  await sql(
    system,
    "create trigger see before insert on queue_identity._private_jobs for each row execute function public.see()",
  );
  const { browser } = await signInOnTheWeb(system, "owner@harbour.example");
  await browser.post("/auth/sign-out");
  expect(await sql(system, "select * from public.seen order by task")).toEqual([
    { task: "end_provider_session", max_attempts: 10 },
    { task: "sign_in", max_attempts: 1 },
  ]);
  await sql(system, "drop trigger see on queue_identity._private_jobs");
});

it("passes over a call that was taken before, that came too late, or that nobody made", async () => {
  const asked = system.workos.count("POST", "/user_management/authenticate");
  const add = (id: string) =>
    sql(system, "select queue_identity.add_job('sign_in', json_build_object('call_id', $1::text))", [id]);
  await add(randomUUID());
  const { rows } = await api.query("select sealed.register_caller($1) as id", [generateCallerKey().x]);
  const late = randomUUID();
  await sql(
    system,
    "insert into sealed.calls (id, service, kind, caller_id, sealed_input, expires_at) values ($1, 'identity', 'sign_in', $2, 'x', now())",
    [late, rows[0].id],
  );
  await add(late);
  await idle();
  expect(system.workos.count("POST", "/user_management/authenticate")).toBe(asked);
  expect(await sql(system, "select from queue_identity._private_jobs where last_error is not null")).toEqual(
    [],
  );
});

it("does not open a code that was sealed for another sign-in or another purpose", async () => {
  const browser = openBrowser(system.url);
  const other = new URL(await toCallback(system, browser, "owner@harbour.example"), system.url).searchParams;
  const own = openBrowser(system.url);
  const state = new URL(await toCallback(system, own, "owner@harbour.example"), system.url).searchParams.get(
    "state",
  )!;
  const secret = [...own.cookies.values()][0];
  const [{ sealed_verifier: someoneElses }] = await sql(
    system,
    "select sealed_verifier from session.sign_in_attempts where state_hash = sha256(convert_to($1, 'UTF8'))",
    [other.get("state")],
  );
  const asked = system.workos.count("POST", "/user_management/authenticate");
  const { rows } = await api.query("select sealed.register_caller($1) as id", [generateCallerKey().x]);
  const { rows: submitted } = await api.query(
    "select * from session.submit_web_sign_in($1, $2, $3, $4, null, null)",
    [state, secret, someoneElses, rows[0].id],
  );
  expect(submitted[0].reason).toBeNull();
  await vi.waitFor(() =>
    expect(system.log().join("\n")).toContain("sign-in failed: SealedError BINDING_MISMATCH"),
  );
  expect(system.workos.count("POST", "/user_management/authenticate")).toBe(asked);
});

it("is the only one who may complete a sign-in: the API's login may not", async () => {
  await expect(
    api.query(
      "select session.complete_sign_in('user_x', 'owner@harbour.example', 'x', 'org_01HARBOUR', 'SSO', 's', 'web', null, null)",
    ),
  ).rejects.toMatchObject({ code: "42501" });
  await expect(api.query("select sealed.take_identity($1)", [randomUUID()])).rejects.toMatchObject({
    code: "42501",
  });
  await expect(
    api.query("select sealed.ask_identity('sign_in', $1, 'x', '{}')", [randomUUID()]),
  ).rejects.toMatchObject({ code: "42501" });
  for (const table of [
    "sign_in_attempts",
    "sign_ins",
    "refresh_tokens",
    "tokens",
    "identities",
    "rate_limits",
  ]) {
    await expect(api.query(`select from session.${table}`)).rejects.toMatchObject({ code: "42501" });
  }
});
