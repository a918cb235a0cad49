import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { authorizeUrl, createPkce } from "../../api/auth/authorize_url.ts";
import type { WorkosStandin } from "../standins/workos.ts";
import { CLIENT_ID, NORTH, REDIRECT_URI, startStandin, startUrl } from "./fixture.ts";

let standin: WorkosStandin;
beforeAll(async () => {
  standin = await startStandin();
});
afterAll(() => standin.close());

const challenge = createPkce().challenge;
const options = {
  baseUrl: "https://api.workos.com",
  clientId: CLIENT_ID,
  redirectUri: REDIRECT_URI,
  state: "s",
  codeChallenge: challenge,
  provider: "authkit",
} as const;
const visit = (url: string | URL) => fetch(url, { redirect: "manual" });
const changed = (name: string, value: string | null) => {
  const url = new URL(startUrl(standin, challenge));
  if (value === null) url.searchParams.delete(name);
  else url.searchParams.set(name, value);
  return url;
};

describe("the authorize URL", () => {
  it("carries the request and no secret", () => {
    const url = new URL(
      authorizeUrl({
        ...options,
        organizationId: NORTH,
        loginHint: "a+b@example.com",
        screenHint: "sign-in",
      }),
    );
    expect(url.origin + url.pathname).toBe("https://api.workos.com/user_management/authorize");
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: CLIENT_ID,
      redirect_uri: REDIRECT_URI,
      response_type: "code",
      state: "s",
      code_challenge: challenge,
      code_challenge_method: "S256",
      provider: "authkit",
      organization_id: NORTH,
      login_hint: "a+b@example.com",
      screen_hint: "sign-in",
    });
  });

  it("is not built without state or challenge, or for plain http", () => {
    expect(() => authorizeUrl({ ...options, state: "" })).toThrow(TypeError);
    expect(() => authorizeUrl({ ...options, codeChallenge: "" })).toThrow(TypeError);
    expect(() => authorizeUrl({ ...options, baseUrl: "http://workos.example" })).toThrow(TypeError);
  });

  it("rests on a fresh S256 pair each time", () => {
    const [one, two] = [createPkce(), createPkce()];
    expect(one.verifier).toMatch(/^[\w-]{43}$/);
    expect(one.verifier).not.toBe(two.verifier);
    expect(one.challenge).toBe(createHash("sha256").update(one.verifier).digest("base64url"));
  });
});

describe("the sign-in page of the stand-in", () => {
  it("lists the people of each organization as buttons, in a titled page without a password field", async () => {
    const page = await (await visit(startUrl(standin, challenge))).text();
    expect(page).toContain('<html lang="en">');
    expect(page).toContain("<title>Choose who to sign in as</title>");
    expect(page).toContain("Development stand-in for WorkOS AuthKit");
    expect(page).toContain("<legend>North &#38; Sons</legend>");
    expect(page).toContain("ada@north.example");
    expect(page).not.toContain("North & Sons");
    expect(page).not.toMatch(/type="password"/);
  });

  it("goes back with a code and the state when a person is clicked, once", async () => {
    const page = await (await visit(startUrl(standin, challenge, "state-7"))).text();
    const ticket = /name="ticket" value="([^"]+)"/.exec(page)![1]!;
    const choice = /name="choice" value="([^"]+)"/.exec(page)![1]!;
    const click = () =>
      fetch(`${standin.url}/standin/sign-in`, {
        method: "POST",
        redirect: "manual",
        body: new URLSearchParams({ ticket, choice }),
      });
    const back = new URL((await click()).headers.get("location")!);
    expect(back.origin + back.pathname).toBe(REDIRECT_URI);
    expect(back.searchParams.get("state")).toBe("state-7");
    expect(back.searchParams.get("code")).toBeTruthy();
    expect((await click()).status).toBe(400);
  });

  it("goes back with access_denied for a stranger, or for another organization's member", async () => {
    for (const [email, organization] of [["nobody@example.com"], ["alone@example.com", NORTH]] as const) {
      const back = await standin.signIn(startUrl(standin, challenge), email, organization);
      expect(back.searchParams.get("error")).toBe("access_denied");
      expect(back.searchParams.get("code")).toBeNull();
    }
  });

  it.each([
    ["client_id", "client_other"],
    ["redirect_uri", "https://evil.example/auth/callback"],
    ["redirect_uri", "http://127.0.0.1:4000/elsewhere"],
    ["redirect_uri", "http://127.0.0.1.evil.example:4000/auth/callback"],
    ["redirect_uri", null],
  ])("does not redirect at all for %s = %s", async (name, value) => {
    const answer = await visit(changed(name, value));
    expect(answer.status).toBe(400);
    expect(answer.headers.get("location")).toBeNull();
  });

  it("accepts a registered loopback address on any port, as desktop apps need", async () => {
    const answer = await visit(changed("redirect_uri", "http://127.0.0.1:59123/auth/callback"));
    expect(answer.status).toBe(200);
  });

  it.each([
    ["response_type", "token"],
    ["code_challenge", null],
    ["code_challenge_method", "plain"],
    ["organization_id", "org_unknown"],
  ])("goes back with invalid_request for %s = %s", async (name, value) => {
    const back = new URL((await visit(changed(name, value))).headers.get("location")!);
    expect(back.searchParams.get("error")).toBe("invalid_request");
    expect(back.searchParams.get("state")).toBe("state-1");
  });
});
