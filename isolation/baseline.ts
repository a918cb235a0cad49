import { readFile } from "node:fs/promises";
import { IsolationError } from "./connect.ts";
import type { AcceptedFinding, BaselineEntry, Finding, ProbeResult } from "./types.ts";

/** What a baseline makes of findings. */
export interface Weighed {
  readonly open: readonly Finding[];
  readonly accepted: readonly AcceptedFinding[];
}

/**
 * Reads accepted risks. A missing file is an empty baseline only where nobody named one.
 * @throws IsolationError ISOLATION_BASELINE_INVALID for an entry without id, object, reason or expiry
 */
export async function loadBaseline(file: string, required: boolean): Promise<BaselineEntry[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch {
    if (!required) return [];
    throw new IsolationError("ISOLATION_BASELINE_INVALID", `${file}: cannot be read`);
  }
  let entries: unknown;
  try {
    entries = (JSON.parse(text) as { accepted?: unknown }).accepted;
  } catch {
    throw new IsolationError("ISOLATION_BASELINE_INVALID", `${file}: is not JSON`);
  }
  if (!Array.isArray(entries))
    throw new IsolationError("ISOLATION_BASELINE_INVALID", `${file}: has no list "accepted"`);
  return entries.map((entry: Record<string, unknown>, index) => {
    for (const field of ["id", "object", "reason", "expires"]) {
      if (typeof entry[field] !== "string" || entry[field].trim() === "") {
        throw new IsolationError("ISOLATION_BASELINE_INVALID", `${file}: entry ${index + 1} needs ${field}`);
      }
    }
    if (
      !/^\d{4}-\d\d-\d\d$/.test(entry["expires"] as string) ||
      Number.isNaN(Date.parse(entry["expires"] as string))
    ) {
      throw new IsolationError(
        "ISOLATION_BASELINE_INVALID",
        `${file}: entry ${index + 1}: expires must be a date, YYYY-MM-DD`,
      );
    }
    return entry as unknown as BaselineEntry;
  });
}

/** Whether an entry has run out: it holds through its last day, in UTC. */
export function isExpired(entry: BaselineEntry, now: Date): boolean {
  return now.toISOString().slice(0, 10) > entry.expires;
}

/** Whether an entry, expired or not, is about a finding's or probe's object. */
export function isAbout(entry: BaselineEntry, id: string, object: string): boolean {
  if (entry.id !== id) return false;
  const pattern = entry.object.split("*").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${pattern.join(".*")}$`, "s").test(object);
}

/** Parts findings into those that an entry in force accepts and those that stay open. */
export function weigh(
  findings: readonly Finding[],
  baseline: readonly BaselineEntry[],
  now = new Date(),
): Weighed {
  const open: Finding[] = [];
  const accepted: AcceptedFinding[] = [];
  for (const finding of findings) {
    const entry = baseline.find(
      (one) => !isExpired(one, now) && isAbout(one, finding.checkId, finding.object),
    );
    if (entry) accepted.push({ finding, entry });
    else open.push(finding);
  }
  return { open, accepted };
}

/** One line for each entry that has run out: it fails the run even when nothing needs it, so that it is renewed or removed. */
export function expiredEntries(baseline: readonly BaselineEntry[], now = new Date()): string[] {
  return baseline
    .filter((entry) => isExpired(entry, now))
    .map(
      (entry) =>
        `the baseline's entry for ${entry.id} ${entry.object} expired on ${entry.expires}: mend it, or renew it with its reason`,
    );
}

/** Entries that accept nothing that was found. */
export function unusedEntries(
  baseline: readonly BaselineEntry[],
  found: readonly Finding[],
  probes: readonly ProbeResult[] = [],
): BaselineEntry[] {
  return baseline.filter(
    (entry) =>
      !found.some((finding) => isAbout(entry, finding.checkId, finding.object)) &&
      !probes.some((probe) =>
        isAbout(entry, probe.id.split(" ")[0]!, probe.id.slice(probe.id.indexOf(" ") + 1)),
      ),
  );
}
