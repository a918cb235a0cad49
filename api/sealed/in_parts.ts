/** What the database takes in one question; a page of pages can hold more. */
const MAX_IDS = 500;

/** The ids in parts of a size that one question may have. */
export function inParts(ids: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(ids.length / MAX_IDS) }, (_, n) =>
    ids.slice(n * MAX_IDS, (n + 1) * MAX_IDS),
  );
}
