/** What a workspace key is for. `version` counts from 1 within a workspace and purpose. */
export type KeySubject = {
  readonly workspaceId: string;
  /** for example `content` or `index`: one key never serves two purposes */
  readonly purpose: string;
  readonly version: number;
};

const KEY_ID = /^([A-Za-z0-9_-]{1,64})\/([a-z][a-z_]{0,31})\/([1-9][0-9]{0,8})$/;

/** The `kid` of a workspace key: `<workspaceId>/<purpose>/<version>`. */
export function keyId({ workspaceId, purpose, version }: KeySubject): string {
  return `${workspaceId}/${purpose}/${version}`;
}

/** The subject that a `kid` names, or undefined when it is not one. */
export function parseKeyId(kid: unknown): KeySubject | undefined {
  const match = typeof kid === "string" ? KEY_ID.exec(kid) : null;
  if (!match) return undefined;
  return { workspaceId: match[1]!, purpose: match[2]!, version: Number(match[3]) };
}
