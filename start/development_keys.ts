import { randomBytes } from "node:crypto";
import { generateNotaryKey } from "../audit/generate_key.ts";
import { publicNotaryKey } from "../audit/signatures.ts";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { generateWorkerKeys } from "../envelope/keys.ts";
import { generateKeyRing } from "../worker/crypto/kek_local.ts";
import { logins, type Login } from "../database/services.ts";

/** Everything secret that a development system needs. Kept in one file outside the database's own directory. */
export interface DevelopmentKeys {
  readonly postgresPassword: string;
  readonly passwords: Record<Login, string>;
  readonly keyRing: string;
  readonly workerPrivateKeys: string;
  readonly workerPublicKeys: string;
  readonly workosApiKey: string;
  /** An Ed25519 JWK: signs the audit log's heads. */
  readonly notaryKey: string;
}

/**
 * Reads the development keys, and makes them at the first start.
 * @param directory made with mode 0700; the file in it has mode 0600
 */
export async function developmentKeys(directory: string): Promise<DevelopmentKeys> {
  const file = path.join(directory, "development.json");
  const text = await readFile(file, "utf8").catch(() => null);
  const known: Partial<DevelopmentKeys> = text === null ? {} : (JSON.parse(text) as Partial<DevelopmentKeys>);
  const pair = known.workerPrivateKeys ? null : generateWorkerKeys();
  const keys: DevelopmentKeys = {
    postgresPassword: known.postgresPassword ?? password(),
    // A login that came with a later version gets its password then.
    passwords: Object.fromEntries(
      logins.map((login) => [login, known.passwords?.[login] ?? password()]),
    ) as Record<Login, string>,
    keyRing: known.keyRing ?? generateKeyRing(),
    workerPrivateKeys: known.workerPrivateKeys ?? pair!.private,
    workerPublicKeys: known.workerPublicKeys ?? pair!.public,
    notaryKey: known.notaryKey ?? generateNotaryKey(),
    workosApiKey: known.workosApiKey ?? `sk_development_${password()}`,
  };
  const next = JSON.stringify(keys, null, 2);
  if (next !== text) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await chmod(directory, 0o700);
    await writeFile(`${file}.next`, next, { mode: 0o600 });
    await rename(`${file}.next`, file);
  }
  // What verifies an export of the audit log; anybody may have it.
  await writeFile(path.join(directory, "notary-public.json"), `${publicNotaryKey(keys.notaryKey)}\n`);
  return keys;
}

function password(): string {
  return randomBytes(24).toString("base64url");
}
