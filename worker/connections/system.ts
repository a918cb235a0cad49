import type { WorkerKeys } from "../../envelope/keys.ts";
import type { Kek } from "../crypto/kek.ts";
import type { WorkspaceKeys } from "../crypto/workspace_keys.ts";
import { type Egress, createEgress } from "../egress/client.ts";
import type { ConnectionProvider } from "../providers/connection_provider.ts";
import { ProviderError } from "../providers/provider_error.ts";
import type { ConnectionSettings } from "./settings.ts";

/** What the tasks of connections are made with. */
export interface ConnectionSystem {
  readonly settings: ConnectionSettings;
  readonly egress: Egress;
  readonly keys: WorkerKeys;
  readonly kek: Kek;
  readonly workspaceKeys: WorkspaceKeys;
}

export function createConnectionSystem(
  settings: ConnectionSettings,
  context: Pick<ConnectionSystem, "keys" | "kek" | "workspaceKeys">,
): ConnectionSystem {
  const { standins, production } = settings;
  return { settings, egress: createEgress({ standins, production }), ...context };
}

/** The provider of that name; one that is no longer set up is a configuration's fault, not a connection's end. */
export function providerOf({ settings }: ConnectionSystem, name: string): ConnectionProvider {
  const provider = Object.hasOwn(settings.providers, name) ? settings.providers[name] : undefined;
  if (!provider) throw new ProviderError("PROVIDER_MISCONFIGURED");
  return provider;
}

/** Where a provider sends the browser back to. */
export function redirectUriOf(
  { publicUrl }: Pick<ConnectionSettings, "publicUrl">,
  provider: string,
): string {
  return `${publicUrl}/oauth/callback/${provider}`;
}
