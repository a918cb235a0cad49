import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { DescribeKeyCommand, GenerateDataKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { kekFromEnvironment } from "../../worker/crypto/kek_from_environment.ts";
import { type KmsKekOptions, kmsKek } from "../../worker/crypto/kek_kms.ts";
import { type KmsStandin, startKmsStandin } from "../standins/kms.ts";
import { everythingIn, spellings, thrownBy } from "./support.ts";

const subject = { workspaceId: "w1", purpose: "content", version: 1 };
const key = new Uint8Array(randomBytes(32));
let kms: KmsStandin;
const kek = (options: Partial<KmsKekOptions> = {}) =>
  kmsKek({
    keyId: kms.keyIds[0]!,
    region: kms.region,
    endpoint: kms.url,
    credentials: kms.credentials,
    ...options,
  });
const refusal = async (call: () => unknown) => {
  const { code, message } = await thrownBy(call);
  return { code, message };
};

beforeAll(async () => {
  kms = await startKmsStandin();
});
afterEach(() => {
  kms.stall(false);
  for (const id of kms.keyIds) kms.enable(id, true);
  vi.unstubAllEnvs();
});
afterAll(() => kms.close());

describe("the key-encryption key in KMS", () => {
  test("wraps and unwraps, naming key and context on the wire", async () => {
    kms.requests.length = 0;
    const wrapped = await kek().wrap(subject, key);
    expect(wrapped.kek).toBe(`kms:${kms.keyIds[0]}`);
    expect(Buffer.from(await kek().unwrap(subject, wrapped.kek, wrapped.wrapped)).equals(key)).toBe(true);
    const context = { use: "bulkhead/key", workspace: "w1", purpose: "content", version: "1" };
    expect(kms.requests).toEqual(
      ["Encrypt", "Decrypt"].map((operation) => ({
        operation,
        keyId: kms.keyIds[0],
        context,
        accessKeyId: kms.credentials.accessKeyId,
      })),
    );
  });

  test("refuses a wrapped key that was moved to another workspace, purpose or version", async () => {
    const { kek: name, wrapped } = await kek().wrap(subject, key);
    for (const other of [{ workspaceId: "w2" }, { purpose: "index" }, { version: 2 }])
      expect(await refusal(() => kek().unwrap({ ...subject, ...other }, name, wrapped))).toEqual({
        code: "KEK_REFUSED",
        message: "wrapped key does not open for this workspace, purpose and version",
      });
  });

  test("refuses a changed or truncated wrapped key", async () => {
    const { kek: name, wrapped } = await kek().wrap(subject, key);
    for (const place of [40, 50, 65, -1]) {
      const bytes = Buffer.from(wrapped, "base64");
      bytes[bytes.length + (place < 0 ? place : place - bytes.length)]! ^= 1;
      expect((await refusal(() => kek().unwrap(subject, name, bytes.toString("base64")))).code).toBe(
        "KEK_REFUSED",
      );
    }
    expect((await refusal(() => kek().unwrap(subject, name, wrapped.slice(0, 60)))).code).toBe("KEK_REFUSED");
    expect((await refusal(() => kek().unwrap(subject, name, ""))).code).toBe("KEK_REFUSED");
  });

  test("unwraps under a former key that is configured, and wraps under the current one", async () => {
    const old = await kek().wrap(subject, key);
    const [former, current] = kms.keyIds as [string, string];
    const rotated = kek({ keyId: current, previousKeyIds: [former] });
    expect(Buffer.from(await rotated.unwrap(subject, old.kek, old.wrapped)).equals(key)).toBe(true);
    expect((await rotated.wrap(subject, key)).kek).toBe(`kms:${current}`);
  });

  test("asks KMS nothing about a key that is not configured: the database may not choose the key", async () => {
    const other = await kek({ keyId: kms.keyIds[1]! }).wrap(subject, key);
    kms.requests.length = 0;
    for (const name of [other.kek, "kms:", "local:v1", kms.keyIds[0]!])
      expect((await refusal(() => kek().unwrap(subject, name, other.wrapped))).code).toBe("KEK_REFUSED");
    expect(kms.requests).toEqual([]);
  });

  test("refuses a wrapped key of one configured key under the name of another", async () => {
    const both = kek({ previousKeyIds: [kms.keyIds[1]!] });
    const { wrapped } = await both.wrap(subject, key);
    expect(await refusal(() => both.unwrap(subject, `kms:${kms.keyIds[1]}`, wrapped))).toEqual({
      code: "KEK_REFUSED",
      message: "wrapped key was made by another kms key",
    });
  });

  test("refuses without trying again when the key is disabled", async () => {
    const { kek: name, wrapped } = await kek().wrap(subject, key);
    kms.enable(kms.keyIds[0]!, false);
    kms.requests.length = 0;
    expect(await refusal(() => kek().unwrap(subject, name, wrapped))).toEqual({
      code: "KEK_REFUSED",
      message: "kms key is disabled",
    });
    expect(kms.requests.length).toBe(1);
    kms.enable(kms.keyIds[0]!, true);
    expect(Buffer.from(await kek().unwrap(subject, name, wrapped)).equals(key)).toBe(true);
  });

  test.each([
    "KMSInvalidStateException",
    "AccessDeniedException",
    "NotFoundException",
    "ValidationException",
  ])("takes %s for a refusal", async (type) => {
    kms.failNext(type);
    kms.requests.length = 0;
    expect((await refusal(() => kek().wrap(subject, key))).code).toBe("KEK_REFUSED");
    expect(kms.requests.length).toBe(1);
  });

  test.each([
    "ThrottlingException",
    "KeyUnavailableException",
    "DependencyTimeoutException",
    "KMSInternalException",
  ])("tries again after %s, three times at most", async (type) => {
    kms.failNext(type, 2);
    kms.requests.length = 0;
    expect((await kek().wrap(subject, key)).kek).toBe(kek().current);
    expect(kms.requests.length).toBe(3);
    kms.failNext(type, 3);
    expect((await refusal(() => kek().wrap(subject, key))).code).toBe("KEK_UNAVAILABLE");
    expect(kms.requests.length).toBe(6);
  });

  test("tries again after a cut connection, and says so when KMS is gone", async () => {
    kms.hangUpNext();
    expect((await kek().wrap(subject, key)).kek).toBe(kek().current);
    const gone = await startKmsStandin();
    await gone.close();
    expect((await refusal(() => kek({ endpoint: gone.url }).wrap(subject, key))).code).toBe(
      "KEK_UNAVAILABLE",
    );
  });

  test("gives up on a KMS that does not answer", async () => {
    kms.stall(true);
    const error = await thrownBy(() => kek({ timeoutMs: 100 }).wrap(subject, key));
    expect(error).toMatchObject({ code: "KEK_UNAVAILABLE", retryable: true });
  });

  test("is refused with another access key", async () => {
    const credentials = { accessKeyId: "AKIAOTHER", secretAccessKey: "x" };
    expect((await refusal(() => kek({ credentials }).wrap(subject, key))).code).toBe("KEK_REFUSED");
  });

  test("is configured from the environment, with the SDK's own credentials", async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", kms.credentials.accessKeyId);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", kms.credentials.secretAccessKey);
    const [former, current] = kms.keyIds as [string, string];
    const old = await kek().wrap(subject, key);
    const configured = kekFromEnvironment({
      KEK_PROVIDER: "kms",
      KMS_KEY_ID: current,
      KMS_PREVIOUS_KEY_IDS: ` ${former},`,
      KMS_REGION: kms.region,
      KMS_ENDPOINT: kms.url,
    });
    expect((await configured.wrap(subject, key)).kek).toBe(`kms:${current}`);
    expect(Buffer.from(await configured.unwrap(subject, old.kek, old.wrapped)).equals(key)).toBe(true);
  });

  test("leaves neither key nor credentials in an error", async () => {
    const { kek: name, wrapped } = await kek().wrap(subject, key);
    const errors = [await thrownBy(() => kek().unwrap({ ...subject, version: 2 }, name, wrapped))];
    kms.failNext("AccessDeniedException");
    errors.push(await thrownBy(() => kek().wrap(subject, key)));
    kms.failNext("ThrottlingException", 3);
    errors.push(await thrownBy(() => kek().wrap(subject, key)));
    for (const error of errors)
      for (const secret of [...spellings(key), wrapped, kms.credentials.secretAccessKey, "stand-in"])
        expect(everythingIn(error)).not.toContain(secret);
  });
});

describe("the KMS stand-in", () => {
  test("speaks to the SDK as KMS does", async () => {
    const client = new KMSClient({ region: kms.region, endpoint: kms.url, credentials: kms.credentials });
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: kms.keyIds[1] }));
    expect(KeyMetadata).toMatchObject({ Arn: kms.keyIds[1], KeyState: "Enabled" });
    const generated = await client.send(
      new GenerateDataKeyCommand({ KeyId: kms.keyIds[1], KeySpec: "AES_256" }),
    );
    expect(generated.Plaintext?.length).toBe(32);
    client.destroy();
  });

  test("refuses a request without a signature", async () => {
    const response = await fetch(kms.url, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "TrentService.DescribeKey" },
      body: JSON.stringify({ KeyId: kms.keyIds[0] }),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ __type: "MissingAuthenticationTokenException" });
  });
});
