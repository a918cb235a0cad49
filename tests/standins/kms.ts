import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from "node:crypto";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";

const ACCESS_KEY_ID = "AKIASTANDIN";
const SECRET_ACCESS_KEY = "stand-in-secret";
const REGION = "eu-central-1";
const STATUS: Readonly<Record<string, number>> = {
  KeyUnavailableException: 500,
  KMSInternalException: 500,
  DependencyTimeoutException: 503,
};

type Context = Record<string, string>;
type Key = { id: string; arn: string; secret: Buffer; enabled: boolean };
type Body = {
  KeyId?: string;
  Plaintext?: string;
  CiphertextBlob?: string;
  EncryptionContext?: Context;
  KeySpec?: string;
  NumberOfBytes?: number;
};

/** One request as received; never the plaintext. */
export type KmsRequest = { operation: string; keyId?: string; context?: Context; accessKeyId?: string };

export type KmsStandin = {
  url: string;
  region: string;
  /** key ARNs */
  keyIds: string[];
  credentials: { accessKeyId: string; secretAccessKey: string };
  requests: KmsRequest[];
  /** answers the next `times` requests with an error type, for example `ThrottlingException` */
  failNext(type: string, times?: number): void;
  /** cuts the connection of the next `times` requests without an answer */
  hangUpNext(times?: number): void;
  /** answers nothing until told otherwise */
  stall(on: boolean): void;
  enable(keyId: string, on: boolean): void;
  close(): Promise<void>;
};

class Failure extends Error {
  readonly type: string;
  constructor(type: string) {
    super(type);
    this.type = type;
  }
}

/**
 * A server that speaks AWS KMS's JSON protocol (`POST /`, `X-Amz-Target: TrentService.<operation>`): `Encrypt`,
 * `Decrypt`, `GenerateDataKey`, `DescribeKey`, with real AES-GCM under its own keys and the encryption context as
 * additional data. It requires a SigV4 `Authorization` header of its access key for region and service; it does not
 * compute the signature.
 */
export async function startKmsStandin(keyCount = 2): Promise<KmsStandin> {
  const keys: Key[] = Array.from({ length: keyCount }, () => {
    const id = randomUUID();
    return {
      id,
      arn: `arn:aws:kms:${REGION}:000000000000:key/${id}`,
      secret: randomBytes(32),
      enabled: true,
    };
  });
  const requests: KmsRequest[] = [];
  const failures: string[] = [];
  let hangUps = 0;
  let stalled = false;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const operation = /^TrentService\.(\w+)$/.exec(String(request.headers["x-amz-target"]))?.[1] ?? "";
    const body = JSON.parse(text || "{}") as Body;
    const credential =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/kms\/aws4_request, ?SignedHeaders=[^,]+, ?Signature=[0-9a-f]{64}$/.exec(
        request.headers.authorization ?? "",
      );
    requests.push({
      operation,
      keyId: body.KeyId,
      context: body.EncryptionContext,
      accessKeyId: credential?.[1],
    });
    if (stalled) return;
    if (hangUps > 0) {
      hangUps -= 1;
      request.socket.destroy();
      return;
    }
    try {
      if (request.method !== "POST" || request.headers["content-type"] !== "application/x-amz-json-1.1")
        throw new Failure("UnknownOperationException");
      if (!credential) throw new Failure("MissingAuthenticationTokenException");
      if (credential[1] !== ACCESS_KEY_ID || credential[2] !== REGION)
        throw new Failure("UnrecognizedClientException");
      const failure = failures.shift();
      if (failure) throw new Failure(failure);
      send(response, 200, answer(operation, body));
    } catch (error) {
      const type = error instanceof Failure ? error.type : "KMSInternalException";
      send(response, STATUS[type] ?? 400, { __type: type, message: "refused by the stand-in" });
    }
  }

  function answer(operation: string, body: Body): Record<string, unknown> {
    switch (operation) {
      case "Encrypt": {
        const key = usable(body.KeyId);
        const plaintext = Buffer.from(body.Plaintext ?? "", "base64");
        if (plaintext.length === 0 || plaintext.length > 4096) throw new Failure("ValidationException");
        return result(key, { CiphertextBlob: seal(key, plaintext, body.EncryptionContext) });
      }
      case "GenerateDataKey": {
        const key = usable(body.KeyId);
        const plaintext = randomBytes(body.KeySpec === "AES_128" ? 16 : (body.NumberOfBytes ?? 32));
        const blob = seal(key, plaintext, body.EncryptionContext);
        return { KeyId: key.arn, CiphertextBlob: blob, Plaintext: plaintext.toString("base64") };
      }
      case "Decrypt": {
        const blob = Buffer.from(body.CiphertextBlob ?? "", "base64");
        const owner = keys.find(({ id }) => id === blob.subarray(0, 36).toString("latin1"));
        if (!owner) throw new Failure("InvalidCiphertextException");
        if (body.KeyId !== undefined && find(body.KeyId) !== owner)
          throw new Failure("IncorrectKeyException");
        const plaintext = open(usable(owner.arn), blob.subarray(36), body.EncryptionContext);
        return result(owner, { Plaintext: plaintext.toString("base64") });
      }
      case "DescribeKey": {
        const key = find(body.KeyId);
        const state = key.enabled ? "Enabled" : "Disabled";
        return { KeyMetadata: { KeyId: key.id, Arn: key.arn, Enabled: key.enabled, KeyState: state } };
      }
      default:
        throw new Failure("UnknownOperationException");
    }
  }

  function find(keyId: string | undefined): Key {
    const key = keys.find(({ id, arn }) => id === keyId || arn === keyId);
    if (!key) throw new Failure("NotFoundException");
    return key;
  }

  function usable(keyId: string | undefined): Key {
    const key = find(keyId);
    if (!key.enabled) throw new Failure("DisabledException");
    return key;
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: REGION,
    keyIds: keys.map(({ arn }) => arn),
    credentials: { accessKeyId: ACCESS_KEY_ID, secretAccessKey: SECRET_ACCESS_KEY },
    requests,
    failNext: (type, times = 1) => void failures.push(...Array<string>(times).fill(type)),
    hangUpNext: (times = 1) => void (hangUps += times),
    stall: (on) => void (stalled = on),
    enable: (keyId, on) => void (find(keyId).enabled = on),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function seal(key: Key, plaintext: Buffer, context: Context | undefined): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key.secret, iv).setAAD(additionalData(context));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([Buffer.from(key.id), iv, cipher.getAuthTag(), ciphertext]).toString("base64");
}

function open(key: Key, blob: Buffer, context: Context | undefined): Buffer {
  try {
    const decipher = createDecipheriv("aes-256-gcm", key.secret, blob.subarray(0, 12), { authTagLength: 16 });
    decipher.setAuthTag(blob.subarray(12, 28)).setAAD(additionalData(context));
    return Buffer.concat([decipher.update(blob.subarray(28)), decipher.final()]);
  } catch {
    throw new Failure("InvalidCiphertextException");
  }
}

/** KMS compares contexts without regard to order. */
function additionalData(context: Context = {}): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))));
}

function result(key: Key, members: Record<string, unknown>): Record<string, unknown> {
  return { KeyId: key.arn, EncryptionAlgorithm: "SYMMETRIC_DEFAULT", ...members };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const { __type: type } = body as { __type?: string };
  response.writeHead(status, {
    "content-type": "application/x-amz-json-1.1",
    "x-amzn-requestid": randomUUID(),
    ...(type ? { "x-amzn-errortype": type } : {}),
  });
  response.end(JSON.stringify(body));
}
