import { inspect } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import type { ConnectionProvider } from "../../worker/providers/connection_provider.ts";
import { retryAfterSeconds } from "../../worker/providers/provider_error.ts";
import { checkScopes } from "../../worker/providers/scopes.ts";
import {
  ACCOUNTS,
  CLIENT_SECRET,
  GRANOLA_KEY,
  type OAuthName,
  connectAt,
  consentAt,
  startStandins,
} from "./support.ts";

const all = await startStandins();
const { standins, providers, egress, events } = all;
const names = ["google", "microsoft", "nylas", "salesforce", "gong"] as const;
const profileOf = (name: OAuthName) => Object.keys(providers[name].profiles)[0]!;
const fetchFor = (name: OAuthName | "granola", profile = Object.keys(providers[name].profiles)[0]!) =>
  egress.fetch({ provider: name, profile });

afterEach(() => {
  for (const standin of Object.values(standins)) standin.recover();
  standins.google.grantExtra([]);
});

async function failure(work: Promise<unknown>): Promise<Error & { code: string; retryAfter?: number }> {
  return work.then(
    () => expect.unreachable("expected a rejection"),
    (error: unknown) => error as Error & { code: string },
  );
}

describe.each(names)("%s", (name) => {
  const provider: ConnectionProvider = providers[name];
  const tokenPath = {
    google: /^\/token$/,
    microsoft: /token$/,
    nylas: /connect\/token$/,
    salesforce: /oauth2\/token$/,
    gong: /customer-token$/,
  }[name];

  test("asks for exactly the profile's scopes, offline, and tells nobody the secret", () => {
    for (const [profile, { scopes }] of Object.entries(provider.profiles)) {
      const url = new URL(provider.authorizeUrl({ profile, redirectUri: "https://app.example/cb" }));
      expect((url.searchParams.get("scope") ?? "").split(" ").filter(Boolean)).toEqual(scopes);
      expect(url.href).not.toContain(CLIENT_SECRET);
      expect(url.searchParams.get("response_type")).toBe("code");
    }
    expect(
      () =>
        provider.authorizeUrl({ profile: "constructor", redirectUri: "https://app.example/cb" })[
          Symbol.iterator
        ],
    ).not.toThrowError(/constructor/);
  });

  test("exchanges a code once, and knows whose account it is", async () => {
    const request = await consentAt(all, name, profileOf(name));
    const granted = await provider.exchangeCode(fetchFor(name), request);
    expect(checkScopes(provider, profileOf(name), granted).length).toBeGreaterThanOrEqual(
      provider.profiles[profileOf(name)]!.scopes.length - 2,
    );
    const account = await provider.whoAmI(fetchFor(name), granted.credential);
    expect(account.label).toBe(name === "gong" ? "company-17" : ACCOUNTS[0]);
    expect(await failure(provider.exchangeCode(fetchFor(name), request))).toMatchObject({
      code: "PROVIDER_CODE_REJECTED",
    });
  });

  if (provider.pkce !== "none")
    test("a code is worth nothing without its verifier", async () => {
      const request = await consentAt(all, name, profileOf(name));
      const other = provider.exchangeCode(fetchFor(name), { ...request, codeVerifier: "A".repeat(43) });
      expect(await failure(other)).toMatchObject({ code: "PROVIDER_CODE_REJECTED" });
    });

  test("refreshes, and the new credential works", async () => {
    const granted = await connectAt(all, name, profileOf(name));
    const next = await provider.refresh(fetchFor(name), granted.credential);
    if (name !== "nylas") expect(next.credential.accessToken).not.toBe(granted.credential.accessToken);
    if (name === "salesforce" || name === "gong")
      expect(next.credential.refreshToken).not.toBe(granted.credential.refreshToken);
    if (name === "google") expect(next.credential.refreshToken).toBe(granted.credential.refreshToken);
    await expect(provider.whoAmI(fetchFor(name), next.credential)).resolves.toBeTruthy();
  });

  test("a grant that ended at the provider is a dead connection", async () => {
    const granted = await connectAt(all, name, profileOf(name));
    if (name === "nylas") for (const grant of standins.nylas.grants.values()) grant.status = "invalid";
    else await standins[name].revokeAt(name === "gong" ? "company-17" : ACCOUNTS[0]!);
    expect(await failure(provider.refresh(fetchFor(name), granted.credential))).toMatchObject({
      code: "PROVIDER_GRANT_INVALID",
    });
  });

  test("revokes, and a second time says unknown; or says that the provider offers no way", async () => {
    const granted = await connectAt(all, name, profileOf(name));
    const outcomes = [
      await provider.revoke(fetchFor(name), granted.credential),
      await provider.revoke(fetchFor(name), granted.credential),
    ];
    const supported = name !== "microsoft" && name !== "gong";
    expect(outcomes).toEqual(supported ? ["revoked", "unknown"] : ["unsupported", "unsupported"]);
    if (supported)
      expect(await failure(provider.refresh(fetchFor(name), granted.credential))).toMatchObject({
        code: "PROVIDER_GRANT_INVALID",
      });
  });

  test.each([
    [{ kind: "rate_limited", retryAfter: 7 } as const, "PROVIDER_RATE_LIMITED", 7],
    [{ kind: "server_error", status: 503 } as const, "PROVIDER_UNAVAILABLE", undefined],
    [{ kind: "malformed" } as const, "PROVIDER_MALFORMED", undefined],
    [{ kind: "redirect" } as const, "EGRESS_REDIRECT_REFUSED", undefined],
    [{ kind: "reset" } as const, "EGRESS_UNREACHABLE", undefined],
    [{ kind: "slow", ms: 10_000 } as const, "EGRESS_TIMEOUT", undefined],
    [{ kind: "invalid_grant" } as const, "PROVIDER_CODE_REJECTED", undefined],
  ])("a failing exchange (%o) is %s, says nothing secret", async (spoiled, code, retryAfter) => {
    const request = await consentAt(all, name, profileOf(name));
    standins[name].fail({ ...spoiled, path: tokenPath });
    const error = await failure(provider.exchangeCode(fetchFor(name), request));
    expect(error).toMatchObject({ code, ...(retryAfter === undefined ? {} : { retryAfter }) });
    const printed = inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error);
    for (const secret of [request.code, request.codeVerifier, CLIENT_SECRET])
      expect(printed).not.toContain(secret);
  });
});

test("salesforce and gong end everything when a used refresh token is shown again", async () => {
  for (const name of ["salesforce", "gong"] as const) {
    const { credential } = await connectAt(all, name, profileOf(name));
    const next = await providers[name].refresh(fetchFor(name), credential);
    expect(await failure(providers[name].refresh(fetchFor(name), credential))).toMatchObject({
      code: "PROVIDER_GRANT_INVALID",
    });
    expect(await failure(providers[name].refresh(fetchFor(name), next.credential))).toMatchObject({
      code: "PROVIDER_GRANT_INVALID",
    });
  }
});

test("salesforce's licenses profile asks for exactly four scopes", () => {
  expect([...providers.salesforce.profiles.licenses!.scopes].sort()).toEqual([
    "api",
    "offline_access",
    "openid",
    "refresh_token",
  ]);
});

test("an instance that is not Salesforce's is never sent a token", async () => {
  const granted = await connectAt(all, "salesforce", "deals");
  expect(granted.credential.apiBase).toBe("https://acme.my.salesforce.com");
  for (const instance of [
    "https://attacker.example",
    "https://acme.my.salesforce.com.attacker.example",
    "http://acme.my.salesforce.com",
    "https://x@acme.my.salesforce.com",
  ]) {
    const lying = async () =>
      new Response(JSON.stringify({ access_token: "t", instance_url: instance }), { status: 200 });
    expect(
      await failure(
        providers.salesforce.exchangeCode(lying, {
          profile: "deals",
          code: "c",
          codeVerifier: "v",
          redirectUri: "r",
        }),
      ),
    ).toMatchObject({ code: "PROVIDER_MALFORMED" });
  }
});

describe("granted scopes", () => {
  test("fewer than needed are refused", async () => {
    const request = await consentAt(all, "google", "mailbox", undefined, {
      only: ["openid", "email", "https://www.googleapis.com/auth/gmail.readonly"],
    });
    const granted = await providers.google.exchangeCode(fetchFor("google"), request);
    expect(() => checkScopes(providers.google, "mailbox", granted)).toThrowError(
      expect.objectContaining({ code: "PROVIDER_SCOPES_MISSING" }),
    );
  });
  test("more than asked are refused", async () => {
    standins.google.grantExtra(["https://mail.google.com/"]);
    const granted = await connectAt(all, "google", "mailbox");
    expect(() => checkScopes(providers.google, "mailbox", granted)).toThrowError(
      expect.objectContaining({ code: "PROVIDER_SCOPES_EXCEEDED" }),
    );
  });
  test("other spellings of the same are the same", () => {
    const scopes = [
      "https://www.googleapis.com/auth/userinfo.email",
      "openid",
      ...providers.google.profiles.mailbox!.scopes.slice(2),
    ];
    expect(checkScopes(providers.google, "mailbox", { credential: {}, scopes })).toContain("email");
    expect(
      checkScopes(providers.microsoft, "mailbox", {
        credential: {},
        scopes: ["Mail.Read", "Mail.Send", "profile", "openid", "email"],
      }),
    ).toContain("https://graph.microsoft.com/Mail.Send");
    expect(
      checkScopes(providers.salesforce, "licenses", {
        credential: {},
        scopes: ["api", "refresh_token", "openid"],
      }),
    ).toEqual(["api", "openid", "refresh_token"]);
  });
});

describe("granola", () => {
  const fetch = fetchFor("granola");
  test("is its key's, known by a fingerprint", async () => {
    const account = await providers.granola.whoAmI(fetch, { apiKey: GRANOLA_KEY });
    expect(account.label).toMatch(/^API key [0-9a-f]{12}$/);
    expect(JSON.stringify(account)).not.toContain(GRANOLA_KEY.slice(4));
  });
  test("refuses a wrong key, and a key that would be a header of its own before it leaves", async () => {
    expect(await failure(providers.granola.whoAmI(fetch, { apiKey: "grn_wrong_key_000" }))).toMatchObject({
      code: "PROVIDER_CREDENTIAL_REJECTED",
    });
    const before = standins.granola.requests.length;
    expect(await failure(providers.granola.whoAmI(fetch, { apiKey: "grn_x\r\nx-evil: 1" }))).toMatchObject({
      code: "PROVIDER_CREDENTIAL_REJECTED",
    });
    expect(standins.granola.requests).toHaveLength(before);
  });
  test("a revoked key is a dead connection", async () => {
    standins.granola.revokeKey(GRANOLA_KEY);
    expect(await failure(providers.granola.refresh(fetch, { apiKey: GRANOLA_KEY }))).toMatchObject({
      code: "PROVIDER_GRANT_INVALID",
    });
  });
});

test("every call was one event, named, timed and without a secret", () => {
  expect(events.length).toBeGreaterThan(100);
  for (const event of events)
    expect(Object.keys(event).sort()).toEqual([
      "durationMs",
      "errorCode",
      "operation",
      "provider",
      "success",
    ]);
  expect(JSON.stringify(events)).not.toContain("canary");
  expect(new Set(events.map(({ operation }) => operation))).toEqual(
    new Set(["token", "who_am_i", "revoke", "notes.list", "users.list"]),
  );
});

test("Retry-After is read in both its forms, within an hour", () => {
  const at = Date.parse("2026-01-01T00:00:00Z");
  const read = (value: string) => retryAfterSeconds(new Headers({ "retry-after": value }), at);
  expect([
    read("7"),
    read("Thu, 01 Jan 2026 00:01:00 GMT"),
    read("999999"),
    read("Thu, 01 Jan 2020 00:00:00 GMT"),
    read("soon"),
  ]).toEqual([7, 60, 3600, 0, undefined]);
});
