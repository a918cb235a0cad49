import type { Format, Reporter } from "../types.ts";
import { github } from "./github.ts";
import { html } from "./html.ts";
import { json } from "./json.ts";
import { junit } from "./junit.ts";
import { sarif } from "./sarif.ts";
import { tap } from "./tap.ts";
import { text } from "./text.ts";

/** One reporter for each format. */
export const reporters: Readonly<Record<Format, Reporter>> = { text, tap, junit, sarif, json, html, github };
