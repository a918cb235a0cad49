/** Operations per second of `work`, run by `clients` at once for `seconds`. */
export async function rate(
  work: (client: number) => Promise<unknown>,
  clients: number,
  seconds: number,
): Promise<Load> {
  const latencies: number[] = [];
  const deadline = performance.now() + seconds * 1000;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      while (performance.now() < deadline) {
        const start = performance.now();
        await work(client);
        latencies.push(performance.now() - start);
      }
    }),
  );
  const elapsed = (performance.now() - began) / 1000;
  latencies.sort((a, b) => a - b);
  return {
    perSecond: latencies.length / elapsed,
    p50: quantile(latencies, 0.5),
    p95: quantile(latencies, 0.95),
  };
}

/** What a load did: operations per second, and latencies in ms. */
export interface Load {
  readonly perSecond: number;
  readonly p50: number;
  readonly p95: number;
}

/**
 * Two variants in turn, A B A B …, and the median of their ratio pair by pair: the machine's own speed drifts, and both
 * of a pair see the same of it.
 */
export async function paired(a: () => Promise<Load>, b: () => Promise<Load>, pairs: number): Promise<Pair> {
  const loads: { a: Load; b: Load }[] = [];
  await a();
  await b();
  for (let pair = 0; pair < pairs; pair += 1) loads.push({ a: await a(), b: await b() });
  return {
    ratio: median(loads.map((load) => load.a.perSecond / load.b.perSecond)),
    a: medianLoad(loads.map((load) => load.a)),
    b: medianLoad(loads.map((load) => load.b)),
  };
}

/** Medians of paired runs; `ratio` is A's rate over B's. */
export interface Pair {
  readonly ratio: number;
  readonly a: Load;
  readonly b: Load;
}

/** One line: what was compared, the ratio, and both sides. */
export function line(title: string, pair: Pair): string {
  const side = (load: Load) =>
    `${load.perSecond.toFixed(0)}/s, p50 ${load.p50.toFixed(2)} ms, p95 ${load.p95.toFixed(2)} ms`;
  return `${title.padEnd(64)} ${pair.ratio.toFixed(2)}×   (${side(pair.a)}  |  ${side(pair.b)})`;
}

function medianLoad(loads: readonly Load[]): Load {
  return {
    perSecond: median(loads.map((load) => load.perSecond)),
    p50: median(loads.map((load) => load.p50)),
    p95: median(loads.map((load) => load.p95)),
  };
}

function median(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
