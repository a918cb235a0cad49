import type { MatrixRow, PolicyText } from "../types.ts";
import { escape } from "./escape.ts";

const commands = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"];
const letters: Readonly<Record<string, string>> = {
  SELECT: "S",
  INSERT: "I",
  UPDATE: "U",
  DELETE: "D",
  TRUNCATE: "T",
};

/** Role by table, one table for each schema: five letters a cell, green for own rows, amber for all rows where that is meant, red where it is not. The reason is the tooltip. */
export function matrixSection(rows: readonly MatrixRow[]): string {
  const reached = rows.filter((row) => row.reach !== "none");
  const schemas = [...Map.groupBy(rows, (row) => row.object.split(".")[0]!)];
  const tables = (of: typeof schemas) =>
    of.map(([schema, cells]) => schemaTable(schema, cells, reached)).join("\n");
  const holdsTenants = ([, cells]: (typeof schemas)[number]) => cells.some((cell) => cell.class === "tenant");
  const rest = schemas.filter((one) => !holdsTenants(one));
  const more = rest.length > 0 ? `<h2 class="minor">Schemas without tenants' rows</h2>${tables(rest)}` : "";
  return tables(schemas.filter(holdsTenants)) + more;
}

function schemaTable(schema: string, cells: readonly MatrixRow[], reached: readonly MatrixRow[]): string {
  const objects = [...new Set(cells.map((cell) => cell.object))];
  const own = reached.filter((row) => row.object.startsWith(`${schema}.`));
  const roles = [...new Set(own.map((row) => row.role))].sort();
  const unreached = objects.filter((object) => !own.some((row) => row.object === object));
  const shown = objects.filter((object) => !unreached.includes(object));
  const nobody =
    unreached.length > 0
      ? `<p class="soft">Reached by nobody: <code>${unreached.map((one) => escape(one)).join(", ")}</code></p>`
      : "";
  if (shown.length === 0) return `<h3>${escape(schema)}</h3>${nobody}`;
  const head = roles.map((role) => `<th scope="col">${escape(role)}</th>`).join("");
  const body = shown
    .map((object) => {
      const columns = roles.map(
        (role) => `<td>${cellOf(own.filter((row) => row.object === object && row.role === role))}</td>`,
      );
      return `<tr><th scope="row">${escape(object.slice(schema.length + 1))}</th>${columns.join("")}</tr>`;
    })
    .join("\n");
  return `<h3>${escape(schema)}</h3><div class="scroll"><table class="matrix"><thead><tr><th scope="col">table</th>${head}</tr></thead><tbody>${body}</tbody></table></div>${nobody}`;
}

function cellOf(rows: readonly MatrixRow[]): string {
  const marks = commands.map((command) => {
    const row = rows.find((one) => one.command === command);
    if (!row) return `<i>·</i>`;
    const columns = row.columns === null ? "every column" : `columns ${row.columns.join(", ")}`;
    const title = `${row.role}: ${command} ${row.reach} rows, ${columns}\n${row.why}`;
    const tone = row.reach === "all" && !row.meant ? "leak" : row.reach;
    return `<i class="${tone}${row.columns === null ? "" : " some"}" title="${escape(title)}">${letters[command]}</i>`;
  });
  return `<span class="cell">${marks.join("")}</span>`;
}

/** What the letters and colours mean. */
export const legend = `<p class="legend"><span><span class="cell"><i class="own">S</i></span> rows of the session's tenant</span>
<span><span class="cell"><i class="all">S</i></span> all rows, and meant: no tenant's table, or an owner's function</span>
<span><span class="cell"><i class="leak">S</i></span> every tenant's rows, not meant</span>
<span><span class="cell"><i class="own some">S</i></span> some columns only</span>
<span>S select · I insert · U update · D delete · T truncate</span></p>`;

/** Each policy's text beside the sentence of what it means, by table. */
export function policySection(policies: readonly PolicyText[]): string {
  return [...Map.groupBy(policies, (policy) => policy.object)]
    .map(
      ([object, members]) =>
        `<h3>${escape(object)}</h3><div class="scroll">${members.map(policyRow).join("\n")}</div>`,
    )
    .join("\n");
}

function policyRow(policy: PolicyText): string {
  const text = [
    policy.using === null ? "" : `<b>using</b> ${escape(policy.using)}`,
    policy.check === null
      ? ""
      : policy.check === policy.using
        ? "<b>with check</b> the same"
        : `<b>with check</b> ${escape(policy.check)}`,
  ].filter((part) => part !== "");
  return `<div class="policy"><div class="head"><span class="chip">${escape(policy.command)}</span><b class="mono">${escape(policy.name)}</b>
<span class="soft">to ${escape(policy.roles.join(", "))}${policy.permissive ? "" : ", restrictive"}</span></div>
<p>${escape(policy.meaning)}</p><p class="text">${text.join("<br>")}</p></div>`;
}
