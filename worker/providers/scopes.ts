import type { ConnectionProvider, Granted } from "./connection_provider.ts";
import { scopesOf } from "./oauth.ts";
import { ProviderError } from "./provider_error.ts";

/**
 * Compares what was granted with what the profile asks for. Fewer would fail later, on somebody's time; more would be a
 * power that nobody consented to here, waiting in our hands. Both are refused, and given back.
 *
 * @returns the granted scopes in one spelling, sorted
 * @throws {ProviderError} `PROVIDER_SCOPES_MISSING`, `PROVIDER_SCOPES_EXCEEDED`
 */
export function checkScopes(provider: ConnectionProvider, profile: string, granted: Granted): string[] {
  const asked = new Set(scopesOf(provider.profiles, profile).map((scope) => provider.normalizeScope(scope)));
  const harmless = new Set(provider.harmlessScopes.map((scope) => provider.normalizeScope(scope)));
  const found = new Set((granted.scopes ?? [...asked]).map((scope) => provider.normalizeScope(scope)));
  for (const scope of found)
    if (!asked.has(scope) && !harmless.has(scope)) throw new ProviderError("PROVIDER_SCOPES_EXCEEDED");
  for (const scope of asked)
    if (!found.has(scope) && !harmless.has(scope)) throw new ProviderError("PROVIDER_SCOPES_MISSING");
  return [...found].sort();
}
