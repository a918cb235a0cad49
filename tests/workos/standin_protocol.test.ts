import { WorkOS } from "@workos-inc/node";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WorkosStandin } from "../standins/workos.ts";
import { API_KEY, CLIENT_ID, NORTH, signedIn, SOUTH, startStandin } from "./fixture.ts";

let standin: WorkosStandin;
beforeAll(async () => {
  standin = await startStandin();
});
afterAll(() => standin.close());

const sdk = (apiKey?: string) =>
  new WorkOS({
    ...(apiKey ? { apiKey } : {}),
    clientId: CLIENT_ID,
    apiHostname: "127.0.0.1",
    port: standin.port,
    https: false,
    maxRetries: 0,
  }).userManagement;

describe("the stand-in, spoken to by the real SDK", () => {
  it("signs WorkOS's claims into the access token, without aud or email", async () => {
    const answer = await sdk(API_KEY).authenticateWithCode(await signedIn(standin));
    const claims = decodeJwt(answer.accessToken);
    expect(claims).toMatchObject({
      iss: standin.issuer,
      sub: answer.user.id,
      org_id: NORTH,
      role: "admin",
      roles: ["admin"],
      permissions: ["mail:read"],
    });
    expect(claims.sid).toMatch(/^session_01/);
    expect(claims.exp! - claims.iat!).toBe(300);
    expect(claims).not.toHaveProperty("aud");
    expect(claims).not.toHaveProperty("email");
  });

  it("lets a public client exchange with its verifier alone", async () => {
    const answer = await sdk().authenticateWithCodeAndVerifier(await signedIn(standin));
    expect(answer.user.email).toBe("ada@north.example");
    expect(standin.requests.at(-1)?.body).not.toHaveProperty("client_secret");
  });

  it("rotates refresh tokens, refuses a spent one, and ends with the session", async () => {
    const first = await sdk(API_KEY).authenticateWithCode(await signedIn(standin));
    const second = await sdk(API_KEY).authenticateWithRefreshToken({ refreshToken: first.refreshToken });
    expect(second.refreshToken).not.toBe(first.refreshToken);
    const spent = sdk(API_KEY).authenticateWithRefreshToken({ refreshToken: first.refreshToken });
    await expect(spent).rejects.toMatchObject({ status: 400, error: "invalid_grant" });
    await sdk(API_KEY).revokeSession({ sessionId: String(decodeJwt(second.accessToken).sid) });
    const ended = sdk(API_KEY).authenticateWithRefreshToken({ refreshToken: second.refreshToken });
    await expect(ended).rejects.toMatchObject({ status: 400, error: "invalid_grant" });
  });

  it("lets a person of several organizations choose one with the pending token", async () => {
    const refused = await sdk(API_KEY)
      .authenticateWithCode(await signedIn(standin, "both@example.com"))
      .catch((error: unknown) => error as { code: string; pendingAuthenticationToken: string });
    expect(refused).toMatchObject({
      code: "organization_selection_required",
      name: "AuthenticationException",
    });
    const answer = await sdk(API_KEY).authenticateWithOrganizationSelection({
      pendingAuthenticationToken: (refused as { pendingAuthenticationToken: string })
        .pendingAuthenticationToken,
      organizationId: SOUTH,
    });
    expect(answer.organizationId).toBe(SOUTH);
  });

  it("reads users and memberships for the API key only", async () => {
    const { user } = await sdk(API_KEY).authenticateWithCode(await signedIn(standin));
    expect((await sdk(API_KEY).getUser(user.id)).email).toBe("ada@north.example");
    const { data } = await sdk(API_KEY).listOrganizationMemberships({ userId: user.id });
    expect(data).toMatchObject([{ organizationId: NORTH, status: "active", role: { slug: "admin" } }]);
    await expect(sdk("sk_test_wrong").getUser(user.id)).rejects.toMatchObject({ status: 401 });
    await expect(sdk(API_KEY).getUser("user_unknown")).rejects.toMatchObject({ status: 404 });
  });

  it("keeps a person's id across restarts, and changes its key", async () => {
    const again = await startStandin();
    const keys = async (one: WorkosStandin) => (await fetch(`${one.url}/sso/jwks/${CLIENT_ID}`)).json();
    expect(await keys(again)).not.toEqual(await keys(standin));
    const { user } = await sdk(API_KEY).authenticateWithCode(await signedIn(standin));
    const answer = await fetch(`${again.url}/user_management/users/${user.id}`, {
      headers: { authorization: `Bearer ${API_KEY}` },
    });
    expect(answer.status).toBe(200);
    await again.close();
  });
});
