import { lookup as systemLookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { EgressError } from "./errors.ts";

/** One address of a name. */
export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Finds all addresses of a name. */
export type Resolve = (host: string) => Promise<readonly Address[]>;

// The special-purpose registries of IANA (RFC 6890 and its successors): nothing in them is a provider's server.
const refused = new BlockList();
for (const [net, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const) {
  refused.addSubnet(net, prefix, "ipv4");
}
// Global unicast only (2000::/3), without what tunnels to IPv4 or documents.
const globalUnicast = new BlockList();
globalUnicast.addSubnet("2000::", 3, "ipv6");
for (const [net, prefix] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const) {
  refused.addSubnet(net, prefix, "ipv6");
}

/**
 * Whether an address is on the public internet: not loopback, private, link-local (a cloud's metadata service is),
 * shared, multicast, reserved, or an IPv6 form that carries an IPv4 address.
 */
export function isPublicAddress({ address, family }: Address): boolean {
  if (isIP(address) !== family) return false;
  if (family === 4) return !refused.check(address, "ipv4");
  return globalUnicast.check(address, "ipv6") && !refused.check(address, "ipv6");
}

/** The system's resolver. */
export const resolveBySystem: Resolve = (host) =>
  new Promise((resolve, reject) => {
    systemLookup(host, { all: true, verbatim: true }, (error, found) => {
      if (error) reject(new EgressError("EGRESS_UNREACHABLE"));
      else resolve(found as Address[]);
    });
  });

/**
 * The addresses of a name, if every one of them is public. One private address refuses all: a name that answers both
 * kinds is being used to reach inside.
 *
 * @throws {EgressError} `EGRESS_ADDRESS_REFUSED`, `EGRESS_UNREACHABLE`
 */
export async function publicAddresses(host: string, resolve: Resolve): Promise<readonly Address[]> {
  const literal = isIP(host);
  const found = literal ? [{ address: host, family: literal as 4 | 6 }] : await resolve(host);
  if (found.length === 0) throw new EgressError("EGRESS_UNREACHABLE");
  if (!found.every(isPublicAddress)) throw new EgressError("EGRESS_ADDRESS_REFUSED");
  return found;
}

/**
 * A look-up for one socket that answers with addresses that were checked before: the name is not asked again between
 * check and use, so a name server that changes its answer (DNS rebinding) gains nothing.
 */
export function pinned(addresses: readonly Address[]): LookupFunction {
  return (_host, options, callback) => {
    const wanted = addresses.filter(({ family }) => !options.family || options.family === family);
    const first = wanted[0];
    if (!first) callback(Object.assign(new Error("no address"), { code: "ENOTFOUND" }), "", 0);
    else if (options.all) callback(null, wanted as { address: string; family: number }[]);
    else callback(null, first.address, first.family);
  };
}
