import { providerRules } from "./rules/all.ts";

/** A company that the system speaks to on behalf of a connection. */
export interface Subprocessor {
  readonly company: string;
  readonly purpose: string;
  /** What of customers' data reaches it. */
  readonly data: string;
  /** Every host that may be called, as the guard knows them. */
  readonly hosts: readonly string[];
}

/** The list of subprocessors, from the rules that are enforced: it cannot leave out one that is called. */
export function subprocessors(): Subprocessor[] {
  return Object.values(providerRules)
    .map(({ company, purpose, data, operations }) => ({
      company,
      purpose,
      data,
      hosts: [...new Set(operations.flatMap(({ hosts }) => hosts))].sort(),
    }))
    .sort((a, b) => a.company.localeCompare(b.company, "en"));
}
