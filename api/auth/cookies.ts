import type { IncomingMessage } from "node:http";

/** Seconds that a browser may take from the start of a sign-in to its callback; the database's attempt lives as long. */
const SIGN_IN_SECONDS = 600;

/**
 * A cookie's name here. `__Host-` makes browsers refuse it from a subdomain, from plain http or for a part of the site,
 * so nobody can plant one (fixation). Plain http, which is for development on loopback, cannot have it.
 */
function cookieName(name: string, secure: boolean): string {
  return `${secure ? "__Host-" : ""}bulkhead_${name}`;
}

function setCookie(
  name: string,
  value: string,
  secure: boolean,
  sameSite: "Lax" | "Strict",
  maxAge: number,
): string {
  const attributes = [
    "Path=/",
    `Max-Age=${maxAge}`,
    "HttpOnly",
    `SameSite=${sameSite}`,
    ...(secure ? ["Secure"] : []),
  ];
  return [`${cookieName(name, secure)}=${value}`, ...attributes].join("; ");
}

function readCookie(request: IncomingMessage, name: string): string | null {
  for (const pair of (request.headers.cookie ?? "").split(";")) {
    const [key, ...value] = pair.split("=");
    if (key?.trim() === name) {
      const text = value.join("=").trim();
      return /^[\w-]{16,128}$/.test(text) ? text : null;
    }
  }
  return null;
}

/** The refresh token's cookie. Strict: no request that another site causes carries it, not even a link. */
export const refreshCookie = {
  read: (request: IncomingMessage, secure: boolean) => readCookie(request, cookieName("refresh", secure)),
  set: (token: string, secure: boolean, expiresAt: Date) =>
    setCookie(
      "refresh",
      token,
      secure,
      "Strict",
      Math.max(0, Math.floor((expiresAt.getTime() - Date.now()) / 1000)),
    ),
  clear: (secure: boolean) => setCookie("refresh", "", secure, "Strict", 0),
};

/**
 * The cookie that binds a sign-in to the browser that began it. One for each sign-in, so that two tabs do not spoil each
 * other's. Lax: the callback is a link from the provider's site.
 *
 * @param state of which its first characters name the cookie; the secret is the value
 */
export const bindingCookie = {
  read: (request: IncomingMessage, secure: boolean, state: string) =>
    readCookie(request, cookieName(bindingName(state), secure)),
  set: (secret: string, secure: boolean, state: string) =>
    setCookie(bindingName(state), secret, secure, "Lax", SIGN_IN_SECONDS),
  clear: (secure: boolean, state: string) => setCookie(bindingName(state), "", secure, "Lax", 0),
};

function bindingName(state: string): string {
  return `sign_in_${state.slice(0, 10)}`;
}
