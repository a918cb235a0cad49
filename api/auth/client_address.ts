import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";

/**
 * The address that a request comes from, for limits and the record of a sign-in.
 *
 * Of `X-Forwarded-For` only the entry that our own outermost proxy wrote counts: everything to its left came from the
 * client and says what the client likes.
 *
 * @param trustedProxies how many of our proxies each request passes; 0 ignores the header
 * @returns null where there is no usable address
 */
export function clientAddress(request: IncomingMessage, trustedProxies = 0): string | null {
  let address = request.socket.remoteAddress;
  if (trustedProxies > 0) {
    const forwarded = [request.headers["x-forwarded-for"] ?? []].flat().join(",").split(",");
    address = forwarded.at(-trustedProxies)?.trim() || address;
  }
  // A dual-stack socket writes IPv4 as `::ffff:192.0.2.1`: one client must not have two names.
  const plain = address?.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "") ?? "";
  return isIP(plain) === 0 ? null : plain;
}
