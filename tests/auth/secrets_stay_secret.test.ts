import { createHash } from "node:crypto";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, inject, it, vi } from "vitest";
import {
  API_KEY,
  openBrowser,
  randomText,
  sessionOf,
  sql,
  startAuth,
  toCallback,
  type AuthSystem,
} from "./support.ts";

let system: AuthSystem;
/** Everything secret that a sign-in of each kind passed through, by what it is. */
const secrets = new Map<string, string>();
const remember = (what: string, secret: string | null | undefined) => {
  expect(secret, what).toMatch(/^.{16,}$/s);
  secrets.set(what, secret!);
};
const answers: string[] = [];

beforeAll(async () => {
  system = await startAuth();
  // Job payloads as they come, for they are gone when the job is done.
  await sql(system, "create table public.seen_jobs (payload text)");
  await sql(
    system,
    `create function public.see_job() returns trigger language plpgsql security definer as
     $$begin insert into public.seen_jobs values (NEW.payload::text); return NEW; end$$`,
  );
  await sql(
    system,
    "create trigger see_job before insert on queue_identity._private_jobs for each row execute function public.see_job()",
  );

  const browser = openBrowser(system.url);
  const callback = await toCallback(system, browser, "owner@harbour.example");
  const params = new URL(callback, system.url).searchParams;
  remember("web state", params.get("state"));
  remember("web code", params.get("code"));
  remember("browser secret", [...browser.cookies.values()][0]);
  const signedIn = await browser.get(callback);
  answers.push(
    signedIn.text,
    JSON.stringify([...signedIn.headers].filter(([name]) => name !== "set-cookie")),
  );
  remember("first refresh token", browser.cookies.get("bulkhead_refresh"));
  const refreshed = await browser.post("/auth/refresh");
  remember("access token", refreshed.json.access_token);
  remember("second refresh token", browser.cookies.get("bulkhead_refresh"));

  const verifier = randomText();
  remember("app's verifier", verifier);
  const app = openBrowser(system.url);
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const start = await app.post("/auth/desktop/start", { challenge, redirect_uri: "http://127.0.0.1:49152/" });
  const back = await system.workos.signIn(start.json.authorize_url, "owner@harbour.example");
  remember("desktop code", back.searchParams.get("code"));
  remember("desktop state", back.searchParams.get("state"));
  const granted = await app.get(back.pathname + back.search);
  const grant = new URL(granted.location!).searchParams.get("grant");
  remember("grant", grant);
  const desktop = await app.post("/auth/desktop/token", { grant, verifier });
  remember("desktop access token", desktop.json.access_token);
  remember("desktop refresh token", desktop.json.refresh_token);
  await app.post("/auth/sign-out", { refresh_token: desktop.json.refresh_token });

  // Failures print more than successes do.
  for (const kind of ["malformed_json", "wrong_key", "server_error", "unauthorized"] as const) {
    system.workos.fail(kind);
    const failed = await browser.get(await toCallback(system, browser, "owner@harbour.example"));
    answers.push(failed.text);
  }
  answers.push((await browser.get(callback)).text);
  answers.push(
    (await browser.get("/auth/session", { Authorization: `Bearer ${refreshed.json.access_token}x` })).text,
  );
  answers.push((await browser.post("/auth/desktop/token", { grant, verifier: randomText() })).text);
  answers.push(
    (await browser.post("/auth/refresh", `{"refresh_token": "${desktop.json.refresh_token}`)).text,
  );

  const exchanges = system.workos.requests.filter(({ path: at }) => at === "/user_management/authenticate");
  exchanges.forEach(({ body }, index) => remember(`PKCE verifier ${index}`, body?.code_verifier as string));
  expect(exchanges).toHaveLength(6);
  remember("provider's API key", API_KEY);
  await vi.waitFor(async () =>
    expect(await sql(system, "select from queue_identity._private_jobs where locked_at is not null")).toEqual(
      [],
    ),
  );
});

function expectNone(where: string, text: string): void {
  for (const [what, secret] of secrets) {
    if (text.includes(secret)) throw new Error(`the ${what} is in ${where}`);
  }
}

it("no secret of a sign-in is in any table, as text or as bytes", async () => {
  const tables = await sql(
    system,
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg_toast%'`,
  );
  expect(tables.length).toBeGreaterThan(25);
  for (const { name } of tables) {
    const rows = await sql(system, `select t::text as row from ${name} t`);
    const text = rows.map(({ row }) => row).join("\n");
    expectNone(name, text);
    for (const [what, secret] of secrets) {
      if (text.includes(Buffer.from(secret).toString("hex")))
        throw new Error(`the ${what} is in ${name} as bytes`);
    }
  }
});

it("jobs carry ids only", async () => {
  const payloads = (await sql(system, "select payload from public.seen_jobs")).map(({ payload }) =>
    JSON.parse(payload),
  );
  expect(payloads.length).toBeGreaterThanOrEqual(7);
  for (const payload of payloads) {
    const { workspace_id: workspaceId, ...rest } = payload;
    if (workspaceId) expect(workspaceId).toMatch(/^[0-9a-f-]{36}$/);
    const [name, ...more] = Object.keys(rest);
    expect(more).toEqual([]);
    if (name === "call_id") expect(payload.call_id).toMatch(/^[0-9a-f-]{36}$/);
    else
      expect([name, payload.provider_session_id]).toEqual([
        "provider_session_id",
        expect.stringMatching(/^session_\w+$/),
      ]);
  }
});

it("answers travel sealed: notifications hold ciphertext only", () => {
  expect(system.notices.length).toBeGreaterThanOrEqual(6);
  for (const notice of system.notices) {
    expectNone("a notification", notice);
    const header = JSON.parse(Buffer.from(notice.split(".")[3]!, "base64url").toString());
    expect(header).toMatchObject({ alg: "dir", enc: "A256GCM" });
  }
});

it("no secret is in what the API or the worker logs, nor in any refusal", () => {
  expectNone("a log", system.log().join("\n"));
  expectNone("an answer", answers.join("\n"));
});

it("no secret is in the database server's log, its files or its write-ahead log", async () => {
  await sql(system, "checkpoint");
  const { directory, logFile } = inject("postgres");
  expectNone("the server's log", await readFile(logFile, "utf8"));
  const [{ oid }] = await sql(system, "select oid from pg_database where datname = current_database()");
  for (const folder of ["pg_wal", path.join("base", String(oid))]) {
    for (const [what, secret] of secrets) {
      const found = await promisify(execFile)("grep", [
        "-rlaF",
        "-e",
        secret,
        path.join(directory, folder),
      ]).catch((error: { code: number }) =>
        error.code === 1 ? null : Promise.reject(error as unknown as Error),
      );
      expect(found, `${what} in ${folder}`).toBeNull();
    }
  }
});

it("the search itself finds what is there", async () => {
  await sql(system, "create table public.planted (it text)");
  await sql(system, "insert into public.planted values ($1)", [secrets.get("web code")]);
  const [{ it: planted }] = await sql(system, "select it from public.planted");
  expect(() => expectNone("public.planted", planted)).toThrow("the web code is in public.planted");
  await sql(system, "drop table public.planted");
});

it("what the registry keeps of an access token gives nobody a session", async () => {
  const [{ hash }] = await sql(
    system,
    "select encode(token_hash, 'hex') as hash from session.tokens limit 1",
  );
  expect((await sessionOf(system, hash)).code).toBe("SESSION_MALFORMED");
});
