import type { SalesforceProfile } from "./salesforce_objects.ts";

/** A provider of connections. */
export type Provider = "google" | "microsoft" | "nylas" | "salesforce" | "gong" | "granola" | "smtp_imap";

/** What a check may look at. */
export interface OutgoingCall {
  readonly url: URL;
  readonly method: string;
  readonly body: Uint8Array | null;
  /** The connection's profile, for example `deals`. */
  readonly profile: string;
}

/** One call that the product makes. What no operation describes does not leave. */
export interface Operation {
  /** For the audit log, for example `messages.send`. */
  readonly name: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** A name, or `*.` and a suffix: one or more labels before it. Always https on port 443. */
  readonly hosts: readonly string[];
  /** The whole path. */
  readonly path: RegExp;
  /** Query parameters that may appear; none otherwise. */
  readonly query?: readonly string[];
  /** Bytes of the answer; 10 MiB unless told. */
  readonly maxBytes?: number;
  /** Refuses by throwing an EgressError. */
  readonly check?: (call: OutgoingCall) => void;
}

/** Everything that may be said to one provider. */
export interface ProviderRule {
  readonly provider: Provider;
  /** Who it is, for the list of subprocessors. */
  readonly company: string;
  readonly purpose: string;
  /** What of customers' data reaches them. */
  readonly data: string;
  readonly operations: readonly Operation[];
}

export type { SalesforceProfile };

/** Whether a host is the pattern, or ends with its suffix after at least one label. */
export function hostMatches(host: string, pattern: string): boolean {
  return pattern.startsWith("*.")
    ? host.endsWith(pattern.slice(1)) && host.length > pattern.length - 1
    : host === pattern;
}
