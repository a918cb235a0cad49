import type { Reporter } from "../types.ts";
import { isClean } from "../verdict.ts";

/** The report as it is, with its verdict. */
export const json: Reporter = (report) =>
  `${JSON.stringify({ clean: isClean(report), ...report }, null, 2)}\n`;
