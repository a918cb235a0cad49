const LABEL = "bulkhead/content";

import type { KeyObject } from "node:crypto";
import { type Suite, parseCompact, sameBinding } from "../../envelope/compact.ts";
import { SealedError } from "../../envelope/error.ts";
import { aesKey, openGcmkw, sealGcmkw } from "./gcmkw.ts";
import { parseKeyId } from "./key_id.ts";

const SUITE: Suite = {
  alg: "A256GCMKW",
  typ: LABEL,
  members: ["kid", "iv", "tag", "wid", "knd", "rid", "prv", "pid", "ver"],
};

/** A workspace key: 32 bytes, or the opaque object that {@link createWorkspaceKeys} hands out. */
export type WorkspaceKey = {
  /** `<workspaceId>/<purpose>/<version>` */
  readonly kid: string;
  readonly key: Uint8Array | KeyObject;
};

/** Where a ciphertext belongs. Every member is authenticated and must be the same, present or absent, on opening. */
export type Binding = {
  readonly workspaceId: string;
  /** what it is, for example `mail.body` */
  readonly kind: string;
  /** the row */
  readonly id: string;
  readonly provider?: string;
  readonly personId?: string;
  readonly version?: number;
};

/** Finds the workspace key of a `kid`; what it throws reaches the caller as it is. */
export type KeyLookup = (kid: string) => WorkspaceKey | undefined | Promise<WorkspaceKey | undefined>;

/**
 * Seals content under a workspace key: a compact JWE, `A256GCMKW` and `A256GCM`, with the binding in the protected
 * header as `wid`, `knd`, `rid`, `prv`, `pid`, `ver`.
 *
 * Random 96-bit IVs allow 2^32 sealings under one key: rotate a workspace's key before that.
 *
 * @example
 * const jwe = await sealContent(key, { workspaceId, kind: "mail.body", id }, "Dear …");
 * @throws {SealedError} `BINDING_MISMATCH` (another workspace's key), `KEY_INVALID`, `MALFORMED` (binding)
 */
export async function sealContent(
  key: WorkspaceKey,
  binding: Binding,
  plaintext: Uint8Array | string,
): Promise<string> {
  const members = headerMembers(binding);
  requireOwnKey(key.kid, binding);
  const bytes = typeof plaintext === "string" ? new TextEncoder().encode(plaintext) : plaintext;
  return sealGcmkw(aesKey(key.key), { typ: LABEL, kid: key.kid, ...members }, bytes);
}

/**
 * Opens content where it belongs, and nowhere else: a ciphertext copied to another row, person, provider, version or
 * workspace is refused before any key is looked up.
 *
 * @throws {SealedError} `MALFORMED`, `BINDING_MISMATCH`, `KEY_UNKNOWN`, `OPEN_FAILED`
 */
export async function openContent(keys: KeyLookup, binding: Binding, jwe: string): Promise<Uint8Array> {
  const sealed = parseCompact(jwe, SUITE);
  const { alg: _alg, enc: _enc, typ: _typ, kid, iv: _iv, tag: _tag, ...found } = sealed.header;
  if (!sameBinding(found, headerMembers(binding))) throw new SealedError("BINDING_MISMATCH");
  requireOwnKey(kid, binding);
  const key = await keys(kid as string);
  if (!key || key.kid !== kid) throw new SealedError("KEY_UNKNOWN");
  return openGcmkw(aesKey(key.key), sealed);
}

function headerMembers(binding: Binding): Record<string, string | number> {
  const { workspaceId, kind, id, provider, personId, version } = binding;
  const members: Record<string, string | number> = { wid: workspaceId, knd: kind, rid: id };
  if (provider !== undefined) members.prv = provider;
  if (personId !== undefined) members.pid = personId;
  if (version !== undefined) members.ver = version;
  const { ver, ...texts } = members;
  // An empty value would make two different things look the same.
  const valid = Object.values(texts).every((value) => typeof value === "string" && value !== "");
  if (!valid || (ver !== undefined && !Number.isSafeInteger(ver)))
    throw new SealedError("MALFORMED", "binding is incomplete");
  return members;
}

function requireOwnKey(kid: unknown, { workspaceId }: Binding): void {
  const subject = parseKeyId(kid);
  if (!subject) throw new SealedError("MALFORMED");
  if (subject.workspaceId !== workspaceId) throw new SealedError("BINDING_MISMATCH");
}
