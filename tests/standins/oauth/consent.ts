import { randomBytes } from "node:crypto";
import { type Answer, type Recorded, consentPage } from "./server.ts";

/** A consent that waits for its button. */
export interface Pending {
  readonly redirectUri: string;
  readonly state: string;
  readonly scopes: readonly string[];
  readonly challenge: string | undefined;
}

/** The browser's half of a hand-written stand-in: a page, a button, the way back. */
export function createConsent(options: {
  readonly title: string;
  readonly clientId: string;
  readonly redirectUris: readonly string[];
  readonly accounts: readonly string[];
  readonly challengeMethod: string | undefined;
  readonly code: (account: string, pending: Pending) => string;
}) {
  const pending = new Map<string, Pending>();

  function back(to: Pending, params: Record<string, string>): Answer {
    const target = new URL(to.redirectUri);
    for (const [name, value] of Object.entries({ ...params, state: to.state }))
      target.searchParams.set(name, value);
    return { status: 303, headers: { location: target.href } };
  }

  return {
    authorize({ query }: Recorded): Answer {
      const {
        client_id,
        redirect_uri = "",
        state = "",
        scope = "",
        code_challenge,
        code_challenge_method,
      } = query;
      if (client_id !== options.clientId || !options.redirectUris.includes(redirect_uri))
        return { status: 400, html: "not registered" };
      const one: Pending = {
        redirectUri: redirect_uri,
        state,
        scopes: scope.split(" ").filter(Boolean),
        challenge: code_challenge,
      };
      if (code_challenge_method !== options.challengeMethod) return back(one, { error: "invalid_request" });
      const ticket = randomBytes(16).toString("base64url");
      pending.set(ticket, one);
      return {
        status: 200,
        html: consentPage(options.title, one.scopes, options.accounts, "/standin/consent", ticket),
      };
    },
    chosen({ body }: Recorded): Answer {
      const ticket = String(body.ticket ?? "");
      const one = pending.get(ticket);
      if (!one) return { status: 400, html: "this page has expired" };
      pending.delete(ticket);
      const account = String(body.account ?? "");
      if (!options.accounts.includes(account)) return back(one, { error: "access_denied" });
      return back(one, { code: options.code(account, one) });
    },
  };
}

/** Consents without the page; resolves to the callback URL. */
export async function approveAt(origin: string, authorizeUrl: string, account: string): Promise<URL> {
  const page = await fetch(authorizeUrl, { redirect: "manual" });
  const ticket = /name="ticket" value="([\w-]+)"/.exec(await page.text())?.[1];
  const location = page.headers.get("location");
  if (location) return new URL(location);
  const answer = await fetch(`${origin}/standin/consent`, {
    method: "POST",
    redirect: "manual",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ ticket: ticket ?? "", account }).toString(),
  });
  await answer.body?.cancel();
  const target = answer.headers.get("location");
  if (!target) throw new Error(`the stand-in refused to authorize: status ${answer.status}`);
  return new URL(target);
}
