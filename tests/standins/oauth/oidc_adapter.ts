import type { Adapter, AdapterConstructor, AdapterPayload } from "oidc-provider";

/** A store for one stand-in. The package's own is shared by all of a process and forgets after a thousand entries. */
export function memoryAdapter(): { adapter: AdapterConstructor; removeGrantsOf(account: string): void } {
  const rows = new Map<string, AdapterPayload>();
  const find = (test: (payload: AdapterPayload) => boolean) => [...rows.values()].find(test);

  class MemoryAdapter implements Adapter {
    readonly name: string;
    constructor(name: string) {
      this.name = name;
    }
    async upsert(id: string, payload: AdapterPayload): Promise<void> {
      rows.set(`${this.name}:${id}`, payload);
    }
    async find(id: string): Promise<AdapterPayload | undefined> {
      return rows.get(`${this.name}:${id}`);
    }
    async findByUid(uid: string): Promise<AdapterPayload | undefined> {
      return find((payload) => payload.kind === this.name && payload.uid === uid);
    }
    async findByUserCode(): Promise<undefined> {}
    async consume(id: string): Promise<void> {
      const row = rows.get(`${this.name}:${id}`);
      if (row) row.consumed = Math.floor(Date.now() / 1000);
    }
    async destroy(id: string): Promise<void> {
      rows.delete(`${this.name}:${id}`);
    }
    async revokeByGrantId(grantId: string): Promise<void> {
      for (const [key, row] of rows) if (row.grantId === grantId) rows.delete(key);
    }
  }

  return {
    adapter: MemoryAdapter,
    removeGrantsOf(account) {
      for (const [key, row] of rows) if (row.accountId === account) rows.delete(key);
    },
  };
}
