import { createHash } from "node:crypto";
import type { ConnectionProvider, Credential } from "./connection_provider.ts";
import { readJson, refuseTemporary } from "./oauth.ts";
import { ProviderError } from "./provider_error.ts";

const KEY = /^grn_[\x21-\x7e]{8,500}$/;
const profiles = {
  /** The notes that the key may read; its reach is chosen in Granola. */
  notes: { scopes: [] },
};

/** Granola: an API key of the person's own. OAuth exists only for its MCP server. */
export function granola(): ConnectionProvider {
  const refuse = () => Promise.reject(new ProviderError("PROVIDER_MISCONFIGURED"));
  async function check(
    fetch: Parameters<ConnectionProvider["whoAmI"]>[0],
    credential: Credential,
  ): Promise<string> {
    const key = credential.apiKey ?? "";
    if (!KEY.test(key)) throw new ProviderError("PROVIDER_CREDENTIAL_REJECTED");
    const answer = await fetch("https://public-api.granola.ai/v1/notes?page_size=1", {
      headers: { authorization: `Bearer ${key}`, accept: "application/json" },
    });
    refuseTemporary(answer);
    if (answer.status === 401 || answer.status === 403)
      throw new ProviderError("PROVIDER_CREDENTIAL_REJECTED");
    if (!answer.ok) throw new ProviderError("PROVIDER_REFUSED");
    if (!Array.isArray((await readJson(answer)).notes)) throw new ProviderError("PROVIDER_MALFORMED");
    return key;
  }
  return {
    name: "granola",
    service: "crm",
    kind: "secret",
    pkce: "none",
    revocable: false,
    profiles,
    harmlessScopes: [],
    normalizeScope: (scope) => scope,
    authorizeUrl() {
      throw new ProviderError("PROVIDER_MISCONFIGURED");
    },
    exchangeCode: refuse,
    /** A key does not expire: whether it still works is asked instead. */
    async refresh(fetch, credential) {
      try {
        await check(fetch, credential);
      } catch (error) {
        if (error instanceof ProviderError && error.code === "PROVIDER_CREDENTIAL_REJECTED") {
          throw new ProviderError("PROVIDER_GRANT_INVALID");
        }
        throw error;
      }
      return { credential, scopes: null };
    },
    // Keys are revoked in Granola's settings alone.
    revoke: async () => "unsupported",
    /** Granola does not say whose a key is. A fingerprint of it tells two keys apart and gives neither away. */
    async whoAmI(fetch, credential) {
      const key = await check(fetch, credential);
      const id = createHash("sha256").update(`bulkhead/granola\0${key}`).digest("hex").slice(0, 12);
      return { id, label: `API key ${id}` };
    },
  };
}
