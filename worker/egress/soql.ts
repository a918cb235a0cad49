import type { AllowedObject } from "./salesforce_objects.ts";

/** What a query reads. */
export interface Selection {
  readonly object: string;
  /** Every path that it names, selected or filtered or sorted by. */
  readonly fields: readonly string[];
}

/** A query that is not a plain SELECT on allowed objects and fields. The message names the rule, never a value. */
class SoqlError extends Error {
  override readonly name = "SoqlError";
  readonly code = "SOQL_REFUSED";
}

type Token = { readonly kind: "word" | "text" | "literal" | "sign" | "end"; readonly value: string };

// Values are recognised whole, so that nothing inside one is ever taken for syntax.
const TOKEN =
  /\s*(?:('(?:[^'\\\n\r]|\\[nNrRtTbBfF"'\\_%]|\\u[0-9a-fA-F]{4})*')|(-?\d+(?:-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))?|(?:\.\d+)?)(?![\w.:]))|([A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*)|(<=|>=|!=|<>|[=<>(),:]))/y;
const DATE_WORD =
  /^(YESTERDAY|TODAY|TOMORROW|(LAST|THIS|NEXT)_(WEEK|MONTH|QUARTER|YEAR|FISCAL_QUARTER|FISCAL_YEAR)|(LAST|NEXT)_90_DAYS)$/i;
const DATE_COUNT =
  /^(LAST|NEXT)_N_(DAYS|WEEKS|MONTHS|QUARTERS|YEARS|FISCAL_QUARTERS|FISCAL_YEARS)$|^N_(DAYS|WEEKS|MONTHS|QUARTERS|YEARS)_AGO$/i;
const RESERVED =
  /^(select|from|where|and|or|not|in|like|order|by|group|having|limit|offset|for|with|using|typeof|includes|excludes|nulls|all|update|null|true|false|asc|desc)$/i;
const MAX_LENGTH = 20_000;
const MAX_DEPTH = 20;

/**
 * Reads a SOQL statement and refuses everything that is not
 * `SELECT fields FROM object [WHERE …] [ORDER BY …] [LIMIT n] [OFFSET n]` over allowed objects and fields.
 *
 * An allowlist of grammar, because SOQL has many ways to reach another object or to change one's standing: subqueries,
 * semi-joins, `TYPEOF`, `FIELDS(ALL)`, aggregates, aliases, `USING SCOPE`, `WITH`, `FOR VIEW` and `FOR UPDATE`. None of
 * them parses here.
 *
 * @param allowed objects by name, exactly as they are spelled
 * @throws {SoqlError}
 */
export function parseSoql(text: string, allowed: Readonly<Record<string, AllowedObject>>): Selection {
  const tokens = tokenize(text);
  const paths: string[] = [];
  let at = 0;

  const peek = () => tokens[at]!;
  const isWord = (word: string) => peek().kind === "word" && peek().value.toLowerCase() === word;
  const isSign = (sign: string) => peek().kind === "sign" && peek().value === sign;
  const take = () => tokens[at++]!;
  const accept = (matches: boolean) => matches && (at++, true);
  function expectWord(word: string): void {
    if (!accept(isWord(word))) throw new SoqlError(`expected ${word}`);
  }
  function expectSign(sign: string): void {
    if (!accept(isSign(sign))) throw new SoqlError(`expected ${sign}`);
  }
  function name(): string {
    const token = take();
    if (token.kind !== "word" || RESERVED.test(token.value)) throw new SoqlError("expected a name");
    return token.value;
  }
  function field(): void {
    paths.push(name());
    // A function such as FIELDS(ALL), toLabel(…) or an aggregate.
    if (isSign("(")) throw new SoqlError("functions are not allowed");
  }
  function count(): void {
    const token = take();
    if (token.kind !== "literal" || !/^\d{1,6}$/.test(token.value)) throw new SoqlError("expected a count");
  }
  function value(): void {
    const token = take();
    if (token.kind === "text" || token.kind === "literal") return;
    if (token.kind !== "word") throw new SoqlError("expected a value");
    if (/^(true|false|null)$/i.test(token.value) || DATE_WORD.test(token.value)) return;
    if (!DATE_COUNT.test(token.value)) throw new SoqlError("expected a value");
    expectSign(":");
    count();
  }
  function values(): void {
    expectSign("(");
    do value();
    while (accept(isSign(",")));
    expectSign(")");
  }
  function comparison(): void {
    field();
    if (accept(isWord("not"))) {
      expectWord("in");
      return values();
    }
    if (accept(isWord("in") || isWord("includes") || isWord("excludes"))) return values();
    if (accept(isWord("like"))) return value();
    const operator = take();
    if (operator.kind !== "sign" || !/^(=|!=|<>|<|>|<=|>=)$/.test(operator.value))
      throw new SoqlError("expected an operator");
    value();
  }
  function condition(depth: number): void {
    if (depth > MAX_DEPTH) throw new SoqlError("conditions are nested too deeply");
    do {
      accept(isWord("not"));
      if (accept(isSign("("))) {
        condition(depth + 1);
        expectSign(")");
      } else comparison();
    } while (accept(isWord("and") || isWord("or")));
  }
  function sorting(): void {
    do {
      field();
      accept(isWord("asc") || isWord("desc"));
      if (accept(isWord("nulls")) && !accept(isWord("first") || isWord("last")))
        throw new SoqlError("expected first or last");
    } while (accept(isSign(",")));
  }

  expectWord("select");
  do field();
  while (accept(isSign(",")));
  expectWord("from");
  const object = name();
  if (accept(isWord("where"))) condition(0);
  if (accept(isWord("order"))) {
    expectWord("by");
    sorting();
  }
  if (accept(isWord("limit"))) count();
  if (accept(isWord("offset"))) count();
  if (peek().kind !== "end")
    throw new SoqlError("only select, from, where, order by, limit and offset are allowed");

  for (const path of paths) checkPath(path, object, allowed);
  return { object, fields: [...new Set(paths)] };
}

function tokenize(text: string): Token[] {
  if (text.length > MAX_LENGTH) throw new SoqlError("the query is too long");
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const match = TOKEN.exec(text);
    if (!match) throw new SoqlError("the query has a character that is not allowed");
    const [, string, literal, word, sign] = match;
    if (string !== undefined) tokens.push({ kind: "text", value: string });
    else if (literal !== undefined) tokens.push({ kind: "literal", value: literal });
    else if (word !== undefined) tokens.push({ kind: "word", value: word });
    else tokens.push({ kind: "sign", value: sign! });
  }
  tokens.push({ kind: "end", value: "" });
  return tokens;
}

function checkPath(path: string, object: string, allowed: Readonly<Record<string, AllowedObject>>): void {
  const steps = path.split(".");
  const field = steps.pop()!;
  let current = object;
  for (const step of steps) {
    const parents = own(allowed, current)?.parents;
    const next = parents && own(parents, step);
    if (!next) throw new SoqlError("the query follows a relationship that is not allowed");
    current = next;
  }
  const target = own(allowed, current);
  if (!target) throw new SoqlError("the query reads an object that is not allowed");
  if (!target.fields.includes(field)) throw new SoqlError("the query names a field that is not allowed");
}

/** `constructor` and `__proto__` are names that a caller may send. */
function own<T>(from: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(from, name) ? from[name] : undefined;
}
