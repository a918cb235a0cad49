/** One statement of an SQL file. */
export interface Statement {
  readonly text: string;
  /** Line of the file where it begins, from 1. */
  readonly line: number;
}

// Whatever may hide a semicolon, and the words that open and close a `begin atomic` body. Most frequent first.
const token =
  /--[^\n]*|\/\*|\$(?:[A-Za-z_]\w*)?\$|\bE'|'|"|;|\bbegin\s+atomic\b|\bcase\b|\bend\b|[A-Za-z_][\w$]*|\s+|[^]/giy;

/**
 * Splits an SQL file at the semicolons that end its statements. Used to say where a file failed, never to run it:
 * Postgres itself reads the file as a whole.
 */
export function splitStatements(sql: string): Statement[] {
  const statements: Statement[] = [];
  let start = -1;
  let depth = 0;
  let at = 0;
  const add = (end: number) => {
    if (start >= 0)
      statements.push({ text: sql.slice(start, end), line: sql.slice(0, start).split("\n").length });
    start = -1;
    depth = 0;
  };
  while (at < sql.length) {
    token.lastIndex = at;
    const found = token.exec(sql)![0];
    const word = found.toLowerCase();
    const end = endOfToken(sql, at, found);
    const isComment = found.startsWith("--") || found === "/*";
    if (start < 0 && !isComment && found.trim() !== "" && found !== ";") start = at;
    if (word === "end" && depth > 0) depth--;
    else if (word.startsWith("begin") && /\s/.test(word)) depth = 1;
    else if (word === "case" && depth > 0) depth++;
    else if (found === ";" && depth === 0) add(at);
    at = end;
  }
  add(sql.length);
  return statements;
}

function endOfToken(sql: string, at: number, found: string): number {
  const from = at + found.length;
  const after = (text: string) => {
    const index = sql.indexOf(text, from);
    return index < 0 ? sql.length : index + text.length;
  };
  if (found === "'" || found === '"') return after(found);
  if (found === "/*") return endOfComment(sql, from);
  if (found.startsWith("$") && found.endsWith("$") && found.length > 1) return after(found);
  if (/^e'$/i.test(found)) {
    const rest = /(?:[^'\\]|\\[^]|'')*'/y;
    rest.lastIndex = from;
    return rest.test(sql) ? rest.lastIndex : sql.length;
  }
  return from;
}

// Comments nest in SQL.
function endOfComment(sql: string, from: number): number {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = from;
  for (let depth = 1, found = mark.exec(sql); found; found = mark.exec(sql)) {
    depth += found[0] === "/*" ? 1 : -1;
    if (depth === 0) return mark.lastIndex;
  }
  return sql.length;
}
