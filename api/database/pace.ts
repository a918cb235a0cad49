/** Statements whose pace one process knows. */
const maxEntries = 1_000;
/** ms. What usually takes longer would keep others waiting behind it. */
const quickMs = 25;

/** How long statements take, by name. */
export interface Pace {
  /** Whether the statement is known to be done soon. One that was never seen is not. */
  isQuick(name: string | undefined): boolean;
  /** @param ms from when the server could begin it until its answer was read */
  note(name: string | undefined, ms: number): void;
}

/** A moving average: what became slow is known so after one or two runs, and what became quick again after some more. */
export function createPace(): Pace {
  const averages = new Map<string, number>();
  return {
    isQuick: (name) => name !== undefined && (averages.get(name) ?? Infinity) < quickMs,
    note(name, ms) {
      if (name === undefined) return;
      const before = averages.get(name);
      averages.set(name, before === undefined ? ms : before + (ms - before) / 4);
      if (averages.size > maxEntries) averages.delete(averages.keys().next().value!);
    },
  };
}
