import { expect, it } from "vitest";
import { signInAs } from "../../demo/sign_in.ts";
import { OPEN, sessionOf, startAuth } from "./support.ts";

// The stand-in's page is skipped, our side is not: the script goes through every address that a browser goes through.
const system = await startAuth();

it("prints an access token of the person named", async () => {
  const { accessToken, expiresAt } = await signInAs(system.url, "owner@harbour.example");
  const session = await sessionOf(system, accessToken);
  expect(session.json).toMatchObject({ workspace_id: system.harbourId, expires_at: expiresAt });
});

it("takes the organization of a person of several", async () => {
  const { accessToken } = await signInAs(system.url, "both@example.com", OPEN);
  expect((await sessionOf(system, accessToken)).json.workspace_id).not.toBe(system.harbourId);
});

it("says what went wrong, with its code", async () => {
  await expect(signInAs(system.url, "stranger@harbour.example")).rejects.toThrow(
    "coming back from the provider: you have not been invited to a workspace (NOT_INVITED)",
  );
});
