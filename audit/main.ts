import { readFile } from "node:fs/promises";
import { publicNotaryKey, readNotaryKey } from "./signatures.ts";
import { verifyExport } from "./verify.ts";

const USAGE = `usage: npm run audit -- verify FILE --key PUBKEY
       npm run audit -- public-key

verify: verifies an NDJSON export of the audit log, offline. PUBKEY: the notary's public key, a file with an Ed25519 JWK.
Ends with 0 when the export is whole, 1 when it is not, 2 when it could not be read.
public-key: prints the public half of NOTARY_PRIVATE_KEY.`;

process.exitCode = await main(process.argv.slice(2));

async function main([command, file, option, keyFile]: string[]): Promise<number> {
  if (command === "public-key") return printPublicKey();
  if (command !== "verify" || !file || option !== "--key" || !keyFile) {
    console.error(USAGE);
    return 2;
  }
  try {
    const verdict = await verifyExport(file, readNotaryKey(await readFile(keyFile, "utf8")));
    if (verdict.fault) {
      const { kind, position, eventId, message } = verdict.fault;
      console.log(`NOT INTACT: row ${position} ${kind}${eventId ? ` (${eventId})` : ""}: ${message}`);
      return 1;
    }
    console.log(
      `intact: ${verdict.events} events of workspace ${verdict.workspaceId}, rows ${verdict.firstPosition} to ${verdict.lastPosition}, ` +
        `${verdict.heads} signed heads`,
    );
    for (const [number, root] of verdict.roots) console.log(`root ${number}: ${root}`);
    return 0;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    console.error(code ? `${code}: ${message}` : message);
    return 2;
  }
}

function printPublicKey(): number {
  try {
    console.log(publicNotaryKey(process.env.NOTARY_PRIVATE_KEY ?? ""));
    return 0;
  } catch (error) {
    console.error(`NOTARY_PRIVATE_KEY: ${(error as Error).message}`);
    return 2;
  }
}
