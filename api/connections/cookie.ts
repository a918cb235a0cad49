import type { IncomingMessage } from "node:http";

/** Seconds that a consent may take; the database's attempt lives as long. */
const CONSENT_SECONDS = 600;

function cookieName(state: string, secure: boolean): string {
  return `${secure ? "__Host-" : ""}bulkhead_connect_${state.slice(0, 10)}`;
}

/**
 * The cookie that binds a consent to the browser that began it. Without it, a stranger could let somebody else consent
 * into the stranger's own workspace: whoever follows their link would hand over their mailbox. Lax: the callback is a
 * link from the provider's site.
 */
export const consentCookie = {
  set: (secret: string, secure: boolean, state: string): string =>
    write(cookieName(state, secure), secret, secure, CONSENT_SECONDS),
  clear: (secure: boolean, state: string): string => write(cookieName(state, secure), "", secure, 0),
  read(request: IncomingMessage, secure: boolean, state: string): string | null {
    const name = cookieName(state, secure);
    for (const pair of (request.headers.cookie ?? "").split(";")) {
      const [key, ...value] = pair.split("=");
      if (key?.trim() !== name) continue;
      const text = value.join("=").trim();
      return /^[\w-]{43}$/.test(text) ? text : null;
    }
    return null;
  },
};

function write(name: string, value: string, secure: boolean, maxAge: number): string {
  return `${name}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
}
