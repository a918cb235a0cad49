import { type Kek, KekError } from "./kek.ts";
import { kmsKek } from "./kek_kms.ts";
import { localKek, parseKeyRing } from "./kek_local.ts";

/**
 * The key-encryption key that the worker's environment names.
 *
 * - `KEK_PROVIDER=local`: `KEK_KEYRING`, the key ring in JSON
 * - `KEK_PROVIDER=kms`: `KMS_KEY_ID` (key ARN), `KMS_REGION`, and optionally `KMS_PREVIOUS_KEY_IDS` (ARNs of former
 *   keys, by comma) and `KMS_ENDPOINT`; AWS credentials come the SDK's usual way
 *
 * @throws {KekError} `KEK_CONFIGURATION`, naming every missing setting and no value
 */
export function kekFromEnvironment(env: Readonly<Record<string, string | undefined>>): Kek {
  switch (env.KEK_PROVIDER) {
    case "local":
      requireSettings(env, ["KEK_KEYRING"]);
      return named("KEK_KEYRING", () => localKek(parseKeyRing(env.KEK_KEYRING!)));
    case "kms":
      requireSettings(env, ["KMS_KEY_ID", "KMS_REGION"]);
      return named("KMS_KEY_ID or KMS_PREVIOUS_KEY_IDS", () =>
        kmsKek({
          keyId: env.KMS_KEY_ID!,
          previousKeyIds: (env.KMS_PREVIOUS_KEY_IDS ?? "").split(",").flatMap((id) => id.trim() || []),
          region: env.KMS_REGION!,
          endpoint: endpoint(env.KMS_ENDPOINT),
        }),
      );
    case undefined:
    case "":
      throw new KekError("KEK_CONFIGURATION", "missing setting: KEK_PROVIDER (local or kms)");
    default:
      throw new KekError("KEK_CONFIGURATION", "KEK_PROVIDER must be local or kms");
  }
}

function requireSettings(env: Readonly<Record<string, string | undefined>>, names: readonly string[]): void {
  const missing = names.filter((name) => !env[name]);
  if (missing.length > 0) throw new KekError("KEK_CONFIGURATION", `missing setting: ${missing.join(", ")}`);
}

/** Unwrapped keys come back in the response's body: without TLS only a server on this machine may send them. */
function endpoint(text: string | undefined): string | undefined {
  if (!text) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const local = url?.protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);
  if (url?.protocol !== "https:" && !local)
    throw new KekError("KEK_CONFIGURATION", "KMS_ENDPOINT must be https, or http on this machine");
  return text;
}

function named<T>(setting: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof KekError) || error.message.startsWith("KMS_ENDPOINT")) throw error;
    throw new KekError(error.code, `${setting}: ${error.message}`);
  }
}
