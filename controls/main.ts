import { writeFile } from "node:fs/promises";
import { catalogue } from "./catalogue.ts";

// npm run controls: writes docs/controls.md, the promises and the tests that show them.
await writeFile(new URL("../docs/controls.md", import.meta.url), await catalogue());
