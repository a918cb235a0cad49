import type { Fault } from "./mutators.ts";

/**
 * Draws a sample in which every kind of fault (`policy.using-true`, `role.bypassrls`, …) has its share: the kinds take turns,
 * each giving one of its faults at random. The same seed draws the same sample.
 */
export function sample(faults: readonly Fault[], size: number, seed: number): Fault[] {
  const random = generator(seed);
  const kinds = new Map<string, Fault[]>();
  for (const fault of faults) {
    const kind = fault.id.split(" ")[0]!;
    const list = kinds.get(kind);
    if (list) list.push(fault);
    else kinds.set(kind, [fault]);
  }
  const chosen: Fault[] = [];
  while (chosen.length < size && kinds.size > 0) {
    for (const [kind, list] of kinds) {
      if (chosen.length === size) break;
      chosen.push(...list.splice(Math.floor(random() * list.length), 1));
      if (list.length === 0) kinds.delete(kind);
    }
  }
  return chosen;
}

/** mulberry32: small, and the same everywhere. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let next = state;
    next = Math.imul(next ^ (next >>> 15), next | 1);
    next ^= next + Math.imul(next ^ (next >>> 7), next | 61);
    return ((next ^ (next >>> 14)) >>> 0) / 4294967296;
  };
}
