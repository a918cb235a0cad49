import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { WorkosStandin } from "../standins/workos.ts";
import { API_KEY, failureOf, printed, provider, signedIn, startStandin } from "./fixture.ts";

const REVOKE = "/user_management/sessions/revoke";

let standin: WorkosStandin;
beforeEach(async () => {
  standin = await startStandin();
});
afterEach(() => standin.close());

describe("ending WorkOS's session", () => {
  it("revokes the session that the sign-in began, and may do so twice", async () => {
    const workos = provider(standin);
    const { workosSessionId } = await workos.exchangeCode(await signedIn(standin));
    expect(standin.sessions()[0]?.ended).toBe(false);
    await workos.revokeSession(workosSessionId);
    expect(standin.sessions()[0]?.ended).toBe(true);
    await workos.revokeSession(workosSessionId);
  });

  it("takes a session that WorkOS does not know as ended", async () => {
    await expect(provider(standin).revokeSession("session_01GONE")).resolves.toBeUndefined();
  });

  it.each([
    ["connection_reset", "SIGN_IN_PROVIDER_DOWN"],
    ["slow", "SIGN_IN_PROVIDER_SLOW"],
    ["rate_limited", "SIGN_IN_PROVIDER_BUSY"],
    ["unauthorized", "SIGN_IN_PROVIDER_MISCONFIGURED"],
    ["invalid_client", "SIGN_IN_PROVIDER_MISCONFIGURED"],
  ] as const)("answers %s with %s, after one request", async (kind, code) => {
    standin.fail(kind, { path: REVOKE });
    const error = await failureOf(
      provider(standin, kind === "slow" ? 1_000 : undefined).revokeSession("session_01A"),
    );
    expect(error.code).toBe(code);
    expect(standin.count("POST", REVOKE)).toBe(1);
    expect(printed(error)).not.toContain(API_KEY);
  });

  it("refuses a session id that could leave its place in a URL", async () => {
    const workos = provider(standin);
    for (const wrong of ["", "../users", "a b", "a&return_to=x"]) {
      expect(() => workos.logoutUrl(wrong)).toThrow();
      await failureOf(workos.revokeSession(wrong));
    }
    expect(standin.requests).toHaveLength(0);
  });

  it("signs the browser out at the logout URL and returns it to a registered address only", async () => {
    const workos = provider(standin);
    const { workosSessionId } = await workos.exchangeCode(await signedIn(standin));
    const home = await fetch(workos.logoutUrl(workosSessionId, "http://127.0.0.1:4000/"), {
      redirect: "manual",
    });
    expect(home.headers.get("location")).toBe("http://127.0.0.1:4000/");
    expect(standin.sessions()[0]?.ended).toBe(true);
    const evil = await fetch(workos.logoutUrl(workosSessionId, "https://evil.example/"), {
      redirect: "manual",
    });
    expect(evil.status).toBe(400);
    expect(evil.headers.get("location")).toBeNull();
  });
});
