import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { workosProvider } from "../../worker/providers/workos.ts";
import type { FailureKind, FailureOptions, WorkosStandin } from "../standins/workos.ts";
import { API_KEY, CLIENT_ID, failureOf, printed, provider, signedIn, startStandin } from "./fixture.ts";

const AUTHENTICATE = "/user_management/authenticate";
const KEYS = `/sso/jwks/${CLIENT_ID}`;

/** Only the stalled request may outlast it, also on a loaded machine. */
const SHORT_MS = 1_000;

let standin: WorkosStandin;
beforeEach(async () => {
  standin = await startStandin();
});
afterEach(() => standin.close());

const FAILURES: [FailureKind, string, FailureOptions?][] = [
  ["connection_reset", "SIGN_IN_PROVIDER_DOWN"],
  ["server_error", "SIGN_IN_PROVIDER_DOWN"],
  ["server_error", "SIGN_IN_PROVIDER_DOWN", { status: 503 }],
  ["html_error", "SIGN_IN_PROVIDER_DOWN"],
  ["html_error", "SIGN_IN_PROVIDER_DOWN", { status: 200 }],
  ["html_error", "SIGN_IN_PROVIDER_BUSY", { status: 429 }],
  ["html_error", "SIGN_IN_PROVIDER_MISCONFIGURED", { status: 403 }],
  ["malformed_json", "SIGN_IN_PROVIDER_DOWN"],
  ["redirect", "SIGN_IN_PROVIDER_DOWN"],
  ["rate_limited", "SIGN_IN_PROVIDER_BUSY", { retryAfter: 7 }],
  ["unauthorized", "SIGN_IN_PROVIDER_MISCONFIGURED"],
  ["forbidden", "SIGN_IN_PROVIDER_MISCONFIGURED"],
  ["invalid_client", "SIGN_IN_PROVIDER_MISCONFIGURED"],
  ["email_verification_required", "SIGN_IN_EMAIL_UNVERIFIED"],
  ["organization_selection_required", "SIGN_IN_ORGANIZATION_REQUIRED"],
  ["organization_authentication_methods_required", "SIGN_IN_SSO_REQUIRED"],
  ["sso_required", "SIGN_IN_SSO_REQUIRED"],
  ["mfa_enrollment", "SIGN_IN_MFA_REQUIRED"],
  ["mfa_challenge", "SIGN_IN_MFA_REQUIRED"],
  ["wrong_issuer", "SIGN_IN_TOKEN_INVALID"],
  ["wrong_key", "SIGN_IN_TOKEN_INVALID"],
  ["unknown_key", "SIGN_IN_TOKEN_INVALID"],
  ["expired_token", "SIGN_IN_TOKEN_INVALID"],
  ["wrong_subject", "SIGN_IN_TOKEN_INVALID"],
  ["wrong_client", "SIGN_IN_TOKEN_INVALID"],
  ["wrong_organization", "SIGN_IN_TOKEN_INVALID"],
];

describe("when sign-in fails", () => {
  it.each(FAILURES)(
    "answers %s with %s, asks once, and lets no secret out (%o)",
    async (kind, code, options) => {
      const signIn = await signedIn(standin);
      standin.fail(kind, options);
      const error = await failureOf(provider(standin).exchangeCode(signIn));

      expect(error).toMatchObject({ name: "SignInError", code });
      expect(error.cause).toBeUndefined();
      expect(standin.count("POST", AUTHENTICATE)).toBe(1);
      const log = printed(error);
      for (const secret of [signIn.code, signIn.codeVerifier, API_KEY, "eyJ", "pending", "@north.example"]) {
        expect(log).not.toContain(secret);
      }
    },
  );

  it.each(["slow", "slow_body"] as const)(
    "answers a provider that is %s with SIGN_IN_PROVIDER_SLOW",
    async (kind) => {
      const signIn = await signedIn(standin);
      const workos = provider(standin, SHORT_MS);
      standin.fail(kind);
      const error = await failureOf(workos.exchangeCode(signIn));
      expect(error.code).toBe("SIGN_IN_PROVIDER_SLOW");
      expect(standin.count("POST", AUTHENTICATE)).toBe(1);
      expect(printed(error)).not.toContain(signIn.code);
    },
  );

  it.each([
    ["slow", "SIGN_IN_PROVIDER_SLOW", {}],
    ["server_error", "SIGN_IN_PROVIDER_DOWN", {}],
    ["malformed_json", "SIGN_IN_PROVIDER_DOWN", {}],
    ["rate_limited", "SIGN_IN_PROVIDER_BUSY", {}],
    ["server_error", "SIGN_IN_PROVIDER_MISCONFIGURED", { status: 404 }],
  ] as [FailureKind, string, FailureOptions][])(
    "does not spend the code when the key set is out of reach (%s: %s)",
    async (kind, code, options) => {
      const signIn = await signedIn(standin);
      const workos = provider(standin, kind === "slow" ? SHORT_MS : undefined);
      standin.fail(kind, { ...options, path: KEYS });
      expect((await failureOf(workos.exchangeCode(signIn))).code).toBe(code);
      expect(standin.count("POST", AUTHENTICATE)).toBe(0);
      expect((await provider(standin).exchangeCode(signIn)).email).toBe("ada@north.example");
    },
  );

  it("does not repeat an exchange whose answer was lost: the code may be spent, and here it is", async () => {
    const signIn = await signedIn(standin);
    const workos = provider(standin);
    standin.fail("connection_reset");
    expect((await failureOf(workos.exchangeCode(signIn))).code).toBe("SIGN_IN_PROVIDER_DOWN");
    expect(standin.sessions()).toHaveLength(1);
    expect((await failureOf(workos.exchangeCode(signIn))).code).toBe("SIGN_IN_CODE_REJECTED");
  });

  it("does not follow a redirect with the API key", async () => {
    const other = await startStandin();
    const signIn = await signedIn(standin);
    standin.fail("redirect", { location: `${other.url}${AUTHENTICATE}` });
    await failureOf(provider(standin).exchangeCode(signIn));
    expect(other.requests).toHaveLength(0);
    await other.close();
  });

  it.each([
    [7, 7],
    ["999999", 3600],
    [undefined, 10],
    ["soon", 10],
    [new Date(0).toUTCString(), 10],
  ] as const)("turns Retry-After %s into %s seconds", async (retryAfter, seconds) => {
    const signIn = await signedIn(standin);
    standin.fail("rate_limited", retryAfter === undefined ? {} : { retryAfter });
    expect((await failureOf(provider(standin).exchangeCode(signIn))).retryAfter).toBe(seconds);
  });

  it("answers a port where nobody listens with SIGN_IN_PROVIDER_DOWN", async () => {
    const gone = await startStandin();
    const signIn = await signedIn(gone);
    await gone.close();
    expect((await failureOf(provider(gone).exchangeCode(signIn))).code).toBe("SIGN_IN_PROVIDER_DOWN");
  });

  it("answers a wrong API key or client id with SIGN_IN_PROVIDER_MISCONFIGURED", async () => {
    const right = { apiKey: API_KEY, clientId: CLIENT_ID, baseUrl: standin.url, issuers: [standin.issuer] };
    for (const wrong of [{ apiKey: "sk_test_wrong_key" }, { clientId: "client_wrong" }]) {
      const workos = workosProvider({ ...right, ...wrong });
      const error = await failureOf(workos.exchangeCode(await signedIn(standin)));
      expect(error.code).toBe("SIGN_IN_PROVIDER_MISCONFIGURED");
      expect(printed(error)).not.toContain("sk_test");
    }
  });

  it.each([
    ["no key", { apiKey: "" }],
    ["no client id", { clientId: "" }],
    ["no issuer", { issuers: [] }],
    ["plain http to another machine", { baseUrl: "http://api.workos.com" }],
    ["a base url with a path", { baseUrl: "https://api.workos.com/v1" }],
  ])("refuses to start with %s", (_, wrong) => {
    const right = { apiKey: API_KEY, clientId: CLIENT_ID, issuers: ["https://api.workos.com"] };
    expect(() => workosProvider({ ...right, ...wrong })).toThrow(
      expect.objectContaining({ code: "SIGN_IN_PROVIDER_MISCONFIGURED" }),
    );
  });
});
