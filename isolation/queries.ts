import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";

/** One function of functions/isolation/ whose body is a single query, most over the model ($1). */
interface Body {
  readonly name: string;
  /** The query, without its semicolon. */
  readonly text: string;
  /** The names of its result's columns. */
  readonly columns: readonly string[];
  /** `R1: …`, from the function's comment. */
  readonly comment: string;
}

/** The static checks and facts of the checked-out files, ready to run on any Postgres from 15 on. */
export interface Queries {
  /** The checks, in the checklist's order. */
  readonly checks: readonly { readonly id: string; readonly title: string; readonly name: string }[];
  /**
   * One statement with the model as its only parameter ($1, jsonb): the query of `name`, or the union of several, with
   * every fact that they use computed once.
   */
  compile(names: readonly string[]): string;
}

const folder = fileURLToPath(new URL("../functions/isolation", import.meta.url));

/**
 * Reads the bodies of functions/isolation/. The same text is a function on our own database and a query everywhere else:
 * nothing has to be made on the database that is checked, so a read-only replica will do, and what somebody changed in
 * that database's own copy of the checks changes nothing here.
 */
export async function loadQueries(base = folder): Promise<Queries> {
  const bodies = new Map<string, Body>();
  for (const file of (await readdir(base)).filter((name) => name.endsWith(".sql")).sort()) {
    const body = readBody(await readFile(path.join(base, file), "utf8"));
    if (body) bodies.set(body.name, body);
  }
  const checks = [...bodies.values()]
    .filter((body) => body.name.startsWith("check_"))
    .map((body) => ({
      id: body.name.slice(6).toUpperCase(),
      title: body.comment.replace(/^\w+: |\.$/g, ""),
      name: body.name,
    }))
    .sort((a, b) => order(a.id) - order(b.id));
  return { checks, compile: (names) => compile(bodies, names) };
}

const groups = "RTPFACSM";

function order(id: string): number {
  return groups.indexOf(id[0]!) * 100 + Number(id.slice(1));
}

function readBody(file: string): Body | null {
  const name = /create or replace function isolation\.(\w+)\((?:model jsonb[^)]*)?\)/.exec(file)?.[1];
  const text = /\nbegin atomic\n([\s\S]*?);\nend;/.exec(file)?.[1];
  const columns = /returns table \(([^)]*)\)\n/.exec(file)?.[1] ?? name;
  if (!name || !text || !columns) return null;
  const comment = /comment on function [^\n]*? is '((?:[^']|'')*)'/.exec(file)?.[1] ?? name;
  return {
    name,
    text,
    columns: columns.split(",").map((column) => column.trim().split(/\s/)[0]!),
    comment: comment.replaceAll("''", "'"),
  };
}

// Predicates (is_probed, is_probing) are what policies ask, and stand in the model as text: no query of ours.
const reference = /isolation\.((?!is_)\w+)\((?:\$1)?\)/g;

function compile(bodies: ReadonlyMap<string, Body>, names: readonly string[]): string {
  const ordered: Body[] = [];
  const visit = (name: string): void => {
    const body = bodies.get(name);
    if (!body) throw new Error(`functions/isolation has no ${name}`);
    if (ordered.includes(body)) return;
    for (const [, used] of body.text.matchAll(reference)) visit(used!);
    ordered.push(body);
  };
  for (const name of names) visit(name);
  const ctes = ordered.map((body) => {
    const text = body.text
      .replaceAll(reference, "isolation_$1")
      .replaceAll("$1", "(select m.model from isolation_model m)");
    return `isolation_${body.name} (${body.columns.join(", ")}) as materialized (\n${text}\n)`;
  });
  return `with isolation_model (model) as materialized (select $1::jsonb), ${ctes.join(",\n")}
${names.map((name) => `select * from isolation_${name}`).join("\nunion all\n")}`;
}
