import { afterEach, describe, expect, it } from "vitest";
import type { FailureKind, FailureOptions } from "../standins/workos.ts";
import { openBrowser, signInOnTheWeb, sql, startAuth } from "./support.ts";

const system = await startAuth({ providerTimeoutMs: 1_000 });
afterEach(() => system.workos.recover());

const TROUBLE: [FailureKind, FailureOptions, number, string][] = [
  ["connection_reset", {}, 502, "SIGN_IN_PROVIDER_DOWN"],
  ["server_error", { status: 503 }, 502, "SIGN_IN_PROVIDER_DOWN"],
  ["html_error", {}, 502, "SIGN_IN_PROVIDER_DOWN"],
  ["malformed_json", {}, 502, "SIGN_IN_PROVIDER_DOWN"],
  ["slow", {}, 504, "SIGN_IN_PROVIDER_SLOW"],
  ["slow_body", {}, 504, "SIGN_IN_PROVIDER_SLOW"],
  ["rate_limited", { retryAfter: 7 }, 503, "SIGN_IN_PROVIDER_BUSY"],
  ["unauthorized", {}, 502, "SIGN_IN_PROVIDER_MISCONFIGURED"],
  ["wrong_key", {}, 502, "SIGN_IN_TOKEN_INVALID"],
  ["wrong_organization", {}, 502, "SIGN_IN_TOKEN_INVALID"],
  ["mfa_challenge", {}, 403, "SIGN_IN_MFA_REQUIRED"],
  ["sso_required", {}, 403, "SIGN_IN_SSO_REQUIRED"],
];

describe("when the provider", () => {
  it.each(TROUBLE)(
    "answers %s (%o): %i %s, asked once, and nobody is signed in",
    async (kind, options, status, code) => {
      const asked = system.workos.count("POST", "/user_management/authenticate");
      const browser = openBrowser(system.url);
      system.workos.fail(kind, options);
      const answer = await signInOnTheWeb(system, "owner@harbour.example", browser);
      expect(answer).toMatchObject({ status, code, location: null });
      expect(answer.headers.get("retry-after")).toBe(kind === "rate_limited" ? "7" : null);
      expect([...browser.cookies.keys()]).toEqual([]);
      expect(system.workos.count("POST", "/user_management/authenticate")).toBe(asked + 1);
      expect(await sql(system, "select from session.sign_ins")).toEqual([]);
      expect(
        await sql(system, "select from queue_identity._private_jobs j where j.last_error is not null"),
      ).toEqual([]);
    },
  );

  it("is well again, the next sign-in works", async () => {
    expect((await signInOnTheWeb(system, "owner@harbour.example")).status).toBe(303);
  });
});

it("a sign-in without a worker is answered with a code, long before anybody gives up", async () => {
  await system.stopWorker();
  expect(await signInOnTheWeb(system, "owner@harbour.example")).toMatchObject({
    status: 503,
    code: "SEALED_WORKER_DOWN",
  });
});
