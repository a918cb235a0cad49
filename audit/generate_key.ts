import { generateKeyPairSync, randomBytes } from "node:crypto";

/** Makes the notary's key pair, as a private JWK in JSON. Without its member `d` it is the key that verifies. */
export function generateNotaryKey(): string {
  const { privateKey } = generateKeyPairSync("ed25519");
  return JSON.stringify({
    kid: `notary-${randomBytes(4).toString("hex")}`,
    ...privateKey.export({ format: "jwk" }),
  });
}
