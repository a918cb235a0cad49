import { AuthError } from "./errors.ts";

const MAX_LENGTH = 2_000;
// Browsers drop tabs and line ends from URLs and read a backslash as a slash, so `/\t/evil.example` would leave the site.
// eslint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u0020\\\u007f]/;

/**
 * The path to return to after sign-in, normalised. Only a path of our own origin: with anything else, a link to our
 * sign-in page would carry a freshly signed-in person to a page that somebody else chose.
 *
 * @throws {AuthError} `RETURN_TO_REFUSED`
 */
export function returnPath(asked: string | null, publicUrl: string): string {
  if (asked === null || asked === "") return "/";
  const refused = new AuthError("RETURN_TO_REFUSED");
  if (asked.length > MAX_LENGTH || UNSAFE.test(asked) || !/^\/(?!\/)/.test(asked)) throw refused;
  const origin = new URL(publicUrl).origin;
  if (!URL.canParse(asked, origin)) throw refused;
  const url = new URL(asked, origin);
  // `/.//evil.example` has the path `//evil.example` once its dots are gone: as a redirect that is another host.
  if (url.origin !== origin || url.pathname.startsWith("//")) throw refused;
  // Back into sign-in would go round in circles, or sign the person out again.
  if (/^\/auth(\/|$)/i.test(url.pathname)) throw refused;
  return url.pathname + url.search + url.hash;
}

/**
 * The address that a desktop app listens on (RFC 8252, section 7.3). Loopback by number only: `localhost` can be made to
 * resolve elsewhere. The callback's grant goes there, so no credentials, query or fragment may be in it.
 *
 * @throws {AuthError} `REDIRECT_URI_REFUSED`
 */
export function loopbackAddress(asked: unknown): string {
  const refused = new AuthError("REDIRECT_URI_REFUSED");
  if (typeof asked !== "string" || asked.length > 300) throw refused;
  const match = /^http:\/\/(?:127\.0\.0\.1|\[::1\]):(\d{1,5})(\/[\w\-./~]*)?$/.exec(asked);
  const port = Number(match?.[1]);
  if (!match || port < 1 || port > 65_535) throw refused;
  return asked;
}
