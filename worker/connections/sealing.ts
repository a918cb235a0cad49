import { createHash } from "node:crypto";
import { type Binding, openContent, sealContent } from "../crypto/content.ts";
import type { UnwrappedKey } from "../crypto/workspace_keys.ts";
import { parseKeyId } from "../crypto/key_id.ts";
import type { WrappedKey } from "../crypto/kek.ts";
import type { Credential } from "../providers/connection_provider.ts";
import type { ConnectionSystem } from "./system.ts";

/** Where a credential belongs: all of it is authenticated with the ciphertext. */
export interface CredentialPlace {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly personId: string;
  readonly provider: string;
  readonly version: number;
}

/** What a ciphertext of a connection is for. One never opens as the other. */
export type CredentialUse = "connection.credential" | "connection.revocation";

function bindingOf(use: CredentialUse, place: CredentialPlace): Binding {
  const { workspaceId, connectionId, personId, provider, version } = place;
  return { workspaceId, kind: use, id: connectionId, provider, personId, version };
}

/** Seals a credential under a content key of its own, wrapped by the workspace's current key for credentials. */
export async function sealCredential(
  key: UnwrappedKey,
  use: CredentialUse,
  place: CredentialPlace,
  credential: Credential,
): Promise<string> {
  const bytes = Buffer.from(JSON.stringify(credential));
  try {
    return await sealContent(key, bindingOf(use, place), bytes);
  } finally {
    bytes.fill(0);
  }
}

/**
 * Opens a credential, in memory, where it belongs.
 *
 * @param wrapped the workspace keys that the database handed over, by version
 * @throws {SealedError} it was copied, changed, or is of another version; {@link KekError}
 */
export async function openCredential(
  { workspaceKeys }: Pick<ConnectionSystem, "workspaceKeys">,
  use: CredentialUse,
  place: CredentialPlace,
  wrapped: Readonly<Record<number, WrappedKey>>,
  sealed: string,
): Promise<Credential> {
  const bytes = await openContent(
    (kid) => {
      const subject = parseKeyId(kid);
      const found = subject && subject.purpose === "credential" ? wrapped[subject.version] : undefined;
      return (
        found &&
        workspaceKeys.get(
          { workspaceId: place.workspaceId, purpose: "credential", version: subject!.version },
          found,
        )
      );
    },
    bindingOf(use, place),
    sealed,
  );
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8")) as Credential;
  } finally {
    bytes.fill(0);
  }
}

/** The version in a key's id. */
export function keyVersion(key: UnwrappedKey): number {
  return parseKeyId(key.kid)!.version;
}

/** What it takes to give a grant back, and nothing more. */
export function revocationPart({ refreshToken, accessToken, grantId }: Credential): Credential {
  if (grantId) return { grantId };
  return refreshToken ? { refreshToken } : { accessToken };
}

/** Finds a grant that a provider names, without saying which it is: such ids are random and long. */
export function grantHash(provider: string, grantId: string): Buffer {
  return createHash("sha256").update(`bulkhead/grant\0${provider}\0${grantId}`).digest();
}
