import { execFile } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { exportJWK, generateKeyPair } from "jose";
import type pg from "pg";
import { type NotaryKey, readNotaryKey } from "../../audit/signatures.ts";
import { sealEvents } from "../../worker/audit/seal.ts";
import type { TestDatabase } from "../helpers/database.ts";

/** A notary's key pair, as JWKs. */
export async function makeNotaryKey(): Promise<{
  key: NotaryKey;
  publicKey: NotaryKey;
  publicJwk: string;
  privateJwk: string;
}> {
  const pair = await generateKeyPair("EdDSA", { extractable: true });
  const privateJwk = JSON.stringify({ ...(await exportJWK(pair.privateKey)), kid: "notary-1" });
  const publicJwk = JSON.stringify({ ...(await exportJWK(pair.publicKey)), kid: "notary-1" });
  return { key: readNotaryKey(privateJwk), publicKey: readNotaryKey(publicJwk), publicJwk, privateJwk };
}

/** Runs one round of the notary. */
export async function seal(database: TestDatabase, key: NotaryKey) {
  return withNotary(database, (client) => sealEvents(client, key));
}

const pools = new WeakMap<TestDatabase, pg.Pool>();

export async function withNotary<T>(
  database: TestDatabase,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  let pool = pools.get(database);
  if (!pool) pools.set(database, (pool = database.pool("bulkhead_notary", { max: 2 })));
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

export async function temporaryFile(name: string, content: string): Promise<string> {
  const file = path.join(await mkdtemp(path.join(os.tmpdir(), "bulkhead-audit-")), name);
  await writeFile(file, content);
  return file;
}

/** Runs the verifier as a person would: another process, no database. */
export function runVerifier(file: string, keyFile: string): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["audit/main.ts", "verify", file, "--key", keyFile],
      { env: { PATH: process.env.PATH } },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === "number" ? error.code : 0, output: stdout + stderr }),
    );
  });
}
