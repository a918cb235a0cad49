/** How much of subscriptions this process gives to whom. */
export interface SubscriptionLimits {
  /** WebSockets of this process. */
  readonly maxSockets: number;
  /** WebSockets that have not said who they are, by address. */
  readonly maxStrangers: number;
  /** WebSockets of one person in one workspace. */
  readonly maxSocketsPerPerson: number;
  /** Subscriptions of one person in one workspace, over all their sockets. */
  readonly maxSubscriptionsPerPerson: number;
  /** Bytes of one message; it holds a query and its variables. */
  readonly maxMessageBytes: number;
  /** Bytes of answers that a client may leave unread. */
  readonly maxUnreadBytes: number;
  /** ms until a socket must have said who it is. */
  readonly initTimeout: number;
  /** ms between two looks at whether a session still stands, without any event. */
  readonly recheckInterval: number;
  /** ms between two pings; a socket that did not answer the one before is cut. */
  readonly pingInterval: number;
}

export const defaultSubscriptionLimits: SubscriptionLimits = {
  maxSockets: 1_000,
  maxStrangers: 20,
  maxSocketsPerPerson: 10,
  maxSubscriptionsPerPerson: 20,
  maxMessageBytes: 65_536,
  maxUnreadBytes: 1_048_576,
  initTimeout: 5_000,
  recheckInterval: 15_000,
  pingInterval: 20_000,
};

/** Counts by key, up to a limit. */
export function createTally(limit: number) {
  const counts = new Map<string, number>();
  return {
    /** @returns false at the limit */
    take(key: string): boolean {
      const count = counts.get(key) ?? 0;
      if (count >= limit) return false;
      counts.set(key, count + 1);
      return true;
    },
    give(key: string): void {
      const count = (counts.get(key) ?? 0) - 1;
      if (count > 0) counts.set(key, count);
      else counts.delete(key);
    },
  };
}
