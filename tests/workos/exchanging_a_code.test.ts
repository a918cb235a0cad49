import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { WorkosStandin } from "../standins/workos.ts";
import {
  API_KEY,
  CLIENT_ID,
  failureOf,
  NORTH,
  provider,
  signedIn,
  SOUTH,
  startStandin,
  VAULT,
} from "./fixture.ts";

let standin: WorkosStandin;
beforeAll(async () => {
  standin = await startStandin();
});
afterAll(() => standin.close());

const codeOf = async (promise: Promise<unknown>) => (await failureOf(promise)).code;

describe("exchanging a sign-in code", () => {
  it("returns who signed in, and nothing of WorkOS's tokens", async () => {
    const workos = provider(standin);
    const signIn = await signedIn(standin);
    const identity = await workos.exchangeCode({ ...signIn, ipAddress: "192.0.2.7", userAgent: "test" });

    expect(identity).toEqual({
      subject: expect.stringMatching(/^user_01/),
      email: "ada@north.example",
      emailVerified: true,
      firstName: "Ada",
      lastName: "North",
      organizationId: NORTH,
      workosSessionId: standin.sessions().at(-1)?.id,
      authenticationMethod: "MagicAuth",
      impersonator: null,
    });
    expect(JSON.stringify(identity)).not.toContain("eyJ");
    expect(standin.requests.at(-1)?.body).toEqual({
      grant_type: "authorization_code",
      client_id: CLIENT_ID,
      client_secret: API_KEY,
      code: signIn.code,
      code_verifier: signIn.codeVerifier,
      ip_address: "192.0.2.7",
      user_agent: "test",
    });
  });

  it("returns the organization that was chosen by someone who belongs to several", async () => {
    const identity = await provider(standin).exchangeCode(await signedIn(standin, "both@example.com", SOUTH));
    expect(identity.organizationId).toBe(SOUTH);
  });

  it("returns no organization for someone who has none", async () => {
    const identity = await provider(standin).exchangeCode(await signedIn(standin, "alone@example.com"));
    expect(identity.organizationId).toBeNull();
    expect(identity.firstName).toBeNull();
  });

  it("says when someone else is acting", async () => {
    const identity = await provider(standin).exchangeCode(await signedIn(standin, "helped@north.example"));
    expect(identity.impersonator).toEqual({ email: "staff@workos.example", reason: "ticket 7" });
  });

  it("refuses a replayed code", async () => {
    const workos = provider(standin);
    const signIn = await signedIn(standin);
    await workos.exchangeCode(signIn);
    expect(await codeOf(workos.exchangeCode(signIn))).toBe("SIGN_IN_CODE_REJECTED");
  });

  it("refuses a stolen code without its verifier, and the code is spent by the attempt", async () => {
    const workos = provider(standin);
    const signIn = await signedIn(standin);
    const { codeVerifier } = await signedIn(standin);
    expect(await codeOf(workos.exchangeCode({ ...signIn, codeVerifier }))).toBe("SIGN_IN_CODE_REJECTED");
    expect(await codeOf(workos.exchangeCode(signIn))).toBe("SIGN_IN_CODE_REJECTED");
  });

  it("refuses a code after ten minutes", async () => {
    const other = await startStandin();
    const signIn = await signedIn(other);
    other.advance(10 * 60_000);
    expect(await codeOf(provider(other).exchangeCode(signIn))).toBe("SIGN_IN_CODE_REJECTED");
    await other.close();
  });

  it.each([
    ["an empty code", { code: "" }],
    ["a code with a line break", { code: "a\r\nb" }],
    ["an endless code", { code: "a".repeat(2_000) }],
    ["an empty verifier", { codeVerifier: "" }],
    ["a short verifier", { codeVerifier: "short" }],
  ])("refuses %s without asking WorkOS", async (_, wrong) => {
    const before = standin.requests.length;
    const request = { code: "code", codeVerifier: "v".repeat(43), ...wrong };
    expect(await codeOf(provider(standin).exchangeCode(request))).toBe("SIGN_IN_CODE_REJECTED");
    expect(standin.requests.length).toBe(before);
  });

  it("asks for an organization where several are possible", async () => {
    const signIn = await signedIn(standin, "both@example.com");
    expect(await codeOf(provider(standin).exchangeCode(signIn))).toBe("SIGN_IN_ORGANIZATION_REQUIRED");
  });

  it("asks for SSO where the organization requires it, and accepts it", async () => {
    const without = await signedIn(standin, "vault@vault.example");
    expect(await codeOf(provider(standin).exchangeCode(without))).toBe("SIGN_IN_SSO_REQUIRED");
    const identity = await provider(standin).exchangeCode(await signedIn(standin, "sso@vault.example"));
    expect(identity).toMatchObject({ organizationId: VAULT, authenticationMethod: "SSO" });
  });

  it("refuses an unverified address", async () => {
    const signIn = await signedIn(standin, "new@north.example");
    expect(await codeOf(provider(standin).exchangeCode(signIn))).toBe("SIGN_IN_EMAIL_UNVERIFIED");
  });

  it("fetches the key set once for many sign-ins, and again after WorkOS rotates its key", async () => {
    const other = await startStandin();
    const workos = provider(other);
    for (let i = 0; i < 3; i += 1) await workos.exchangeCode(await signedIn(other));
    expect(other.count("GET", `/sso/jwks/${CLIENT_ID}`)).toBe(1);
    await other.rotateKey();
    // jose asks again for an unknown key once half a minute has passed: only the clock moves here.
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 31_000 });
    try {
      expect((await workos.exchangeCode(await signedIn(other))).email).toBe("ada@north.example");
    } finally {
      vi.useRealTimers();
    }
    expect(other.count("GET", `/sso/jwks/${CLIENT_ID}`)).toBe(2);
    await other.close();
  });

  it("never sends a password, and never shows the API key", async () => {
    await provider(standin).exchangeCode(await signedIn(standin));
    for (const request of standin.requests) {
      expect(Object.keys({ ...request.body, ...request.query })).not.toContain("password");
      expect(request.rawBody).not.toContain("password");
      expect(request.path + JSON.stringify(request.query)).not.toContain(API_KEY);
    }
    expect(inspect(provider(standin), { depth: 10, showHidden: true })).not.toContain(API_KEY);
  });
});
