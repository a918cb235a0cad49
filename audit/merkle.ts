import { sha256, u64, uuidBytes } from "./encoding.ts";

/** The end of one workspace's chain. */
export interface ChainEnd {
  readonly workspaceId: string;
  readonly position: number;
  readonly hash: Uint8Array;
}

/** A leaf: `00`, the workspace, the position, the hash. The first byte keeps a leaf from passing for a node (RFC 6962). */
export function leafHash({ workspaceId, position, hash }: ChainEnd): Buffer {
  return sha256(Buffer.from([0]), uuidBytes(workspaceId), u64(position), hash);
}

/** All levels of the tree, leaves first; a node without a neighbour goes up as it is. */
export function merkleLevels(leaves: readonly Buffer[]): Buffer[][] {
  const levels: Buffer[][] = [[...leaves]];
  for (let level = levels[0]!; level.length > 1; level = levels.at(-1)!) {
    const next: Buffer[] = [];
    for (let i = 0; i < level.length; i += 2)
      next.push(i + 1 < level.length ? sha256(Buffer.from([1]), level[i]!, level[i + 1]!) : level[i]!);
    levels.push(next);
  }
  return levels;
}

/** The neighbours on the way from a leaf to the root. */
export function merklePath(levels: readonly (readonly Buffer[])[], index: number): Buffer[] {
  return levels.flatMap((level, height) => level[(index >> height) ^ 1] ?? []);
}

/** The root that a leaf and its path lead to; null when the path has not the shape of such a tree. */
export function rootOf(
  leaf: Buffer,
  index: number,
  leafCount: number,
  path: readonly Buffer[],
): Buffer | null {
  let node = leaf;
  let used = 0;
  for (let size = leafCount, at = index; size > 1; size = Math.ceil(size / 2), at >>= 1) {
    const left = at % 2 === 1;
    if (!left && at + 1 >= size) continue;
    const neighbour = path[used++];
    if (!neighbour) return null;
    node = left ? sha256(Buffer.from([1]), neighbour, node) : sha256(Buffer.from([1]), node, neighbour);
  }
  return used === path.length ? node : null;
}
