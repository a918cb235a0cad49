import { LimitError } from "./limit_error.ts";
import type { Limits } from "./limits.ts";

/**
 * Refuses variables with too many levels or values, in a loop: coercion recurses through recursive input types (a
 * filter's `and`, `or`, `not`), so 10,000 nested lists would overflow its stack.
 *
 * @param variables - as parsed from JSON, so a tree
 * @throws LimitError REQUEST_TOO_LARGE
 */
export function checkVariables(
  variables: unknown,
  limits: Pick<Limits, "maxVariableDepth" | "maxVariableValues">,
): void {
  let values = 0;
  let level: unknown[] = [variables];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limits.maxVariableDepth) {
      throw new LimitError(
        "REQUEST_TOO_LARGE",
        `the variables nest more than ${limits.maxVariableDepth} levels`,
        {
          limit: limits.maxVariableDepth,
          actual: depth,
        },
      );
    }
    const below: unknown[] = [];
    for (const value of level) {
      if (typeof value !== "object" || value === null) continue;
      const children: unknown[] = Array.isArray(value) ? value : Object.values(value);
      values += children.length;
      if (values > limits.maxVariableValues) {
        throw new LimitError(
          "REQUEST_TOO_LARGE",
          `the variables have more than ${limits.maxVariableValues} values`,
          {
            limit: limits.maxVariableValues,
            actual: values,
          },
        );
      }
      for (const child of children) below.push(child);
    }
    level = below;
  }
}
