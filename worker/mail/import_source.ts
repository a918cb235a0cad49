import { splitMbox } from "./split_mbox.ts";

/**
 * The messages of an import: one MIME message, an mbox of many, or either in base64, which is how bytes that are no
 * Unicode text travel through JSON. Base64 holds no colon, and every message has one in its header, so the two cannot
 * be taken for each other.
 */
export function readImportSource(source: Uint8Array): Uint8Array[] {
  const bytes = isBase64(source) ? Buffer.from(Buffer.from(source).toString("latin1"), "base64") : source;
  return splitMbox(bytes);
}

function isBase64(source: Uint8Array): boolean {
  let some = false;
  for (const byte of source) {
    if (byte === 0x0a || byte === 0x0d || byte === 0x3d) continue;
    const letter = (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
    if (!letter && !(byte >= 0x30 && byte <= 0x39) && byte !== 0x2b && byte !== 0x2f) return false;
    some = true;
  }
  return some;
}
