const LABEL = "bulkhead/index/v1";

import { createHmac } from "node:crypto";
import { SealedError } from "../../envelope/error.ts";
import { parseKeyId } from "./key_id.ts";
import type { UnwrappedKey } from "./workspace_keys.ts";

/**
 * A keyed hash by which equal values are found without being readable: HMAC-SHA256 under the workspace's index key, over
 * label, field and value.
 *
 * Without the key nobody can try values, not even short or well-known ones; under another workspace's key the same value
 * hashes to something else, so nothing shows that two tenants hold the same mail. The field keeps one value's hash in two
 * places from being compared.
 *
 * @param field for example `mail.message_id`
 * @returns 32 bytes
 * @throws {SealedError} `KEY_INVALID`: not an index key
 */
export function blindIndex({ kid, key }: UnwrappedKey, field: string, value: string): Buffer {
  if (parseKeyId(kid)?.purpose !== "index") throw new SealedError("KEY_INVALID", "key is no index key");
  // NUL ends label and field: neither holds one, so no two inputs are written alike.
  return createHmac("sha256", key).update(`${LABEL}\0${field}\0`).update(value, "utf8").digest();
}
