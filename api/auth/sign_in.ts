import { randomBytes } from "node:crypto";
import { beginSignIn, newState } from "./begin_sign_in.ts";
import { bindingCookie } from "./cookies.ts";
import { limit } from "./rate_limit.ts";
import { redirect } from "./respond.ts";
import { returnPath } from "./return_to.ts";
import type { AuthContext } from "./types.ts";

/** `GET /auth/sign-in?return_to=/path[&organization=…][&login_hint=…]`: sends the browser to the sign-in provider. */
export async function signIn(context: AuthContext): Promise<void> {
  const { url, config, secure, response } = context;
  await limit(context, "sign_in");
  const returnTo = returnPath(url.searchParams.get("return_to"), config.publicUrl);
  const state = newState("web");
  const browser = randomBytes(32).toString("base64url");
  const location = await beginSignIn(context, {
    flow: "web",
    returnTo,
    browser,
    challenge: null,
    state,
    organization: url.searchParams.get("organization"),
    loginHint: url.searchParams.get("login_hint"),
  });
  redirect(response, 302, location, [bindingCookie.set(browser, secure, state)]);
}
