import { isIP } from "node:net";
import { type Address, type Resolve, publicAddresses, resolveBySystem } from "./address.ts";
import { EgressError } from "./errors.ts";

/** A mail server that a person named. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
}

/** Where to connect, and what TLS must prove. */
export interface GuardedMailServer {
  /** A checked address, to connect to as it is: the name is not looked up again. */
  readonly address: string;
  readonly port: number;
  /** The name that the certificate must be for. */
  readonly servername: string;
  /** True where the first byte is TLS already; false where STARTTLS is demanded. */
  readonly implicitTls: boolean;
}

// Submission and IMAP only: this is not a way to scan a network, and port 25 is not for clients.
const PORTS: Readonly<Record<number, { implicitTls: boolean }>> = {
  465: { implicitTls: true },
  587: { implicitTls: false },
  143: { implicitTls: false },
  993: { implicitTls: true },
};
const NAME = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/i;

/** Mailboxes with a sign-in of their own: a password for them is never taken, so never stored. */
const WITH_SIGN_IN =
  /(^|\.)(gmail\.com|googlemail\.com|google\.com|outlook\.com|hotmail\.com|live\.com|office365\.com|office\.com)$/i;

/** Whether a server belongs to a provider that people sign in to, so that no password is needed. */
export function hasSignIn(host: string): boolean {
  return WITH_SIGN_IN.test(host);
}

/**
 * Checks a mail server before anything connects to it: a public name on a mail port, looked up once.
 *
 * @param local servers on this machine, `host:port`; development and tests only
 * @throws {EgressError} `EGRESS_HOST_REFUSED`, `EGRESS_ADDRESS_REFUSED`, `EGRESS_UNREACHABLE`
 */
export async function guardMailServer(
  server: MailServer,
  { resolve = resolveBySystem, local = [] }: { resolve?: Resolve; local?: readonly string[] } = {},
): Promise<GuardedMailServer> {
  const { host, port } = server;
  if (local.includes(`${host}:${port}`))
    return { address: "127.0.0.1", port, servername: host, implicitTls: false };
  const known = PORTS[port];
  if (!known || isIP(host) || !NAME.test(host)) throw new EgressError("EGRESS_HOST_REFUSED");
  const [first] = (await publicAddresses(host, resolve)) as [Address];
  return { address: first.address, port, servername: host, implicitTls: known.implicitTls };
}
