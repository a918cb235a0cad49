import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportSPKI, SignJWT, UnsecuredJWT, type JWTHeaderParameters, type JWTPayload } from "jose";
import { exportJWK, generateKeyPair, type GenerateKeyPairResult } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accessTokenVerifier } from "../../worker/providers/workos_token.ts";
import { failureOf, printed } from "./fixture.ts";

const ISSUER = "https://api.workos.com";
const CLIENT_ID = "client_01";

let server: Server;
let jwksUrl: string;
let pair: GenerateKeyPairResult;
beforeAll(async () => {
  pair = await generateKeyPair("RS256", { extractable: true });
  // Without `alg`: the key itself then fits other RSA algorithms too, and only our list refuses them.
  const keys = [{ ...(await exportJWK(pair.publicKey)), kid: "key-1", use: "sig" }];
  server = createServer((_, response) => {
    response.setHeader("content-type", "application/json").end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sso/jwks/${CLIENT_ID}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const now = () => Math.floor(Date.now() / 1000);
const claims = (changes: JWTPayload = {}): JWTPayload => ({
  iss: ISSUER,
  sub: "user_01",
  sid: "session_01",
  iat: now(),
  exp: now() + 300,
  ...changes,
});
const sign = (payload: JWTPayload, header: JWTHeaderParameters = { alg: "RS256", kid: "key-1" }) =>
  new SignJWT(payload).setProtectedHeader(header).sign(pair.privateKey);
const verify = (token: string) =>
  accessTokenVerifier({ clientId: CLIENT_ID, jwksUrl, issuers: [ISSUER], timeoutMs: 5_000 }).verify(token);

async function expectRefused(token: string): Promise<void> {
  const error = await failureOf(verify(token));
  expect(error.code).toBe("SIGN_IN_TOKEN_INVALID");
  expect(printed(error)).not.toContain("session_01");
}

describe("verifying a WorkOS access token", () => {
  it("accepts a fresh one, with or without our client id in it", async () => {
    const expected = { subject: "user_01", sessionId: "session_01", organizationId: null, actor: null };
    expect(await verify(await sign(claims()))).toEqual(expected);
    expect(await verify(await sign(claims({ client_id: CLIENT_ID })))).toEqual(expected);
  });

  it("names who acts for the subject, even when the claim does not", async () => {
    expect((await verify(await sign(claims({ act: { sub: "staff@workos.example" } })))).actor).toBe(
      "staff@workos.example",
    );
    expect((await verify(await sign(claims({ act: {} })))).actor).toBe("unknown");
  });

  it("refuses another algorithm, though the same key made the signature", async () => {
    const rsa = await exportJWK(pair.privateKey);
    const privateKey = await crypto.subtle.importKey(
      "jwk",
      rsa,
      { name: "RSA-PSS", hash: "SHA-256" },
      false,
      ["sign"],
    );
    const token = await new SignJWT(claims())
      .setProtectedHeader({ alg: "PS256", kid: "key-1" })
      .sign(privateKey);
    await expectRefused(token);
  });

  it("refuses HS256 under the public key, and no signature at all", async () => {
    const secret = new TextEncoder().encode(await exportSPKI(pair.publicKey));
    await expectRefused(
      await new SignJWT(claims()).setProtectedHeader({ alg: "HS256", kid: "key-1" }).sign(secret),
    );
    await expectRefused(new UnsecuredJWT(claims()).encode());
  });

  it("refuses a token that names no key", async () => {
    await expectRefused(await sign(claims(), { alg: "RS256" }));
  });

  it.each([
    ["issued long ago, though not yet expired", () => ({ iat: now() - 3600, exp: now() + 3600 })],
    ["issued in the future", () => ({ iat: now() + 3600, exp: now() + 7200 })],
    ["without a time of issue", () => ({ iat: undefined })],
    ["without an expiry", () => ({ exp: undefined })],
    ["expired", () => ({ exp: now() - 60 })],
    ["of another issuer", () => ({ iss: `${ISSUER}.evil.example` })],
    ["without a subject", () => ({ sub: undefined })],
    ["without a session", () => ({ sid: undefined })],
    ["with a session that is no text", () => ({ sid: { toString: 1 } })],
    ["for another client", () => ({ client_id: "client_02" })],
  ] as [string, () => JWTPayload][])("refuses one %s", async (_, changes) => {
    await expectRefused(await sign(claims(changes())));
  });

  it.each(["", "a.b.c", "not a token"])("refuses %j", async (token) => {
    await expectRefused(token);
  });

  it("refuses one with a changed claim", async () => {
    const [header, , signature] = (await sign(claims())).split(".");
    const changed = Buffer.from(JSON.stringify(claims({ sub: "user_02" }))).toString("base64url");
    await expectRefused(`${header}.${changed}.${signature}`);
  });
});
