import { DecryptCommand, EncryptCommand, KMSClient } from "@aws-sdk/client-kms";
import { type Kek, KekError, type KeySubject } from "./kek.ts";

const PREFIX = "kms:";
const KEY_ARN = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key\/[A-Za-z0-9-]+$/;

/** Errors that another try may cure. The rest of the 4xx family is a refusal. */
const TRANSIENT = new Set([
  "KeyUnavailableException",
  "DependencyTimeoutException",
  "KMSInternalException",
  "ThrottlingException",
  "Throttling",
  "TooManyRequestsException",
  "RequestLimitExceeded",
  "LimitExceededException",
  "ExpiredTokenException",
]);

const REFUSALS: Readonly<Record<string, string>> = {
  DisabledException: "kms key is disabled",
  KMSInvalidStateException: "kms key is not in a usable state",
  AccessDeniedException: "kms denied access to the key",
  NotFoundException: "kms does not know the key",
  InvalidKeyUsageException: "kms key is not for encryption",
  InvalidCiphertextException: "wrapped key does not open for this workspace, purpose and version",
  IncorrectKeyException: "wrapped key was made by another kms key",
};

export type KmsKekOptions = {
  /** ARN of the key that wraps; an alias would let whoever may repoint it choose our key */
  keyId: string;
  /** ARNs of former keys, which still unwrap */
  previousKeyIds?: readonly string[];
  region: string;
  /** another address than AWS's */
  endpoint?: string;
  /** default: the SDK's chain (environment, profile, web identity, instance) */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** milliseconds for one wrap or unwrap with all its tries; default 30,000 */
  timeoutMs?: number;
  /** default 3 */
  maxAttempts?: number;
};

/**
 * A {@link Kek} in AWS KMS. Workspace, purpose and version are the `EncryptionContext`, so KMS itself refuses a wrapped
 * key that was moved, and CloudTrail shows whose key was opened.
 *
 * Only configured keys unwrap. The name of the wrapping key comes from the database: followed blindly, whoever can write
 * there could name a KMS key of their own and choose the key that the next mail is sealed under.
 */
export function kmsKek(options: KmsKekOptions): Kek {
  const {
    keyId,
    previousKeyIds = [],
    region,
    endpoint,
    credentials,
    timeoutMs = 30_000,
    maxAttempts = 3,
  } = options;
  const allowed = new Set([keyId, ...previousKeyIds]);
  for (const id of allowed)
    if (!KEY_ARN.test(id)) throw new KekError("KEK_CONFIGURATION", "kms keys must be given as key arns");
  const client = new KMSClient({ region, endpoint, credentials, maxAttempts });
  const deadline = () => ({ abortSignal: AbortSignal.timeout(timeoutMs) });

  return {
    current: `${PREFIX}${keyId}`,
    service: "kms",
    async wrap(subject, key) {
      if (key.length !== 32) throw new KekError("KEK_REFUSED", "only 32 byte keys are wrapped");
      const input = { KeyId: keyId, Plaintext: key, EncryptionContext: encryptionContext(subject) };
      const output = await translated(client.send(new EncryptCommand(input), deadline()));
      if (output.KeyId !== keyId || !output.CiphertextBlob)
        throw new KekError("KEK_REFUSED", "kms answered for another key");
      return { kek: `${PREFIX}${keyId}`, wrapped: Buffer.from(output.CiphertextBlob).toString("base64") };
    },
    async unwrap(subject, kek, wrapped) {
      const id = kek.startsWith(PREFIX) ? kek.slice(PREFIX.length) : "";
      if (!allowed.has(id))
        throw new KekError("KEK_REFUSED", "wrapped key names a kms key that is not configured");
      const input = {
        KeyId: id,
        CiphertextBlob: Buffer.from(wrapped, "base64"),
        EncryptionContext: encryptionContext(subject),
      };
      const output = await translated(client.send(new DecryptCommand(input), deadline()));
      if (output.KeyId !== id || output.Plaintext?.length !== 32)
        throw new KekError("KEK_REFUSED", "kms answered with something else than the key");
      return output.Plaintext;
    },
  };
}

/** `use` keeps the key's other ciphertexts, whatever they are, from ever unwrapping as workspace keys. */
function encryptionContext({ workspaceId, purpose, version }: KeySubject): Record<string, string> {
  return { use: "bulkhead/key", workspace: workspaceId, purpose, version: String(version) };
}

async function translated<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw translate(error);
  }
}

function translate(error: unknown): KekError {
  const { name = "", $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  const refusal = REFUSALS[name];
  if (refusal) return new KekError("KEK_REFUSED", refusal);
  if (name === "CredentialsProviderError")
    return new KekError("KEK_UNAVAILABLE", "no aws credentials were found");
  if (TRANSIENT.has(name) || status === undefined || status >= 500 || status === 429)
    return new KekError("KEK_UNAVAILABLE", "kms is unavailable");
  return new KekError("KEK_REFUSED", "kms refused the request");
}
