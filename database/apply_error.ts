import type pg from "pg";
import type { SqlFile } from "./files.ts";
import { splitStatements } from "./statements.ts";

/** A file of functions/ or policies/ that the database refused. Nothing was changed. */
export class ApplyError extends Error {
  readonly code = "DEPLOY_FILE_REFUSED";
  /** Path from the project's root. */
  readonly file: string;
  /** Line of the file, from 1. */
  readonly line: number;
  /** What Postgres said, if it was Postgres. */
  readonly sqlState: string | undefined;

  constructor(file: SqlFile, line: number, cause: Error & { code?: string }) {
    super(`${file.path}:${line}: ${cause.message}${cause.code ? ` (${cause.code})` : ""}`, { cause });
    this.name = "ApplyError";
    this.file = file.path;
    this.line = line;
    this.sqlState = cause.code;
  }
}

type Refusal = Error & { position?: string; internalPosition?: string; internalQuery?: string };

/**
 * Which line of a file the database refused. It names a position for errors of syntax and of names in queries, but none
 * for a grant, a policy or a `do` block: then the statements are tried one by one, in a savepoint that is rolled back.
 * @param client in a transaction, with the savepoint `one_file` set
 */
export async function locate(
  client: pg.Client,
  file: SqlFile,
  asOwner: string,
  error: Refusal,
): Promise<number> {
  const direct = lineAt(file.text, error);
  if (direct !== null) return direct;
  await client.query(asOwner);
  let line = 1;
  for (const statement of splitStatements(file.text)) {
    try {
      await client.query(statement.text);
    } catch {
      line = statement.line;
      break;
    }
  }
  await client.query("rollback to savepoint one_file");
  return line;
}

function lineAt(text: string, error: Refusal): number | null {
  const lines = (end: number) => text.slice(0, end).split("\n").length;
  if (error.position) return lines(Number(error.position) - 1);
  // A position inside a function's body: find the body in the file.
  const body = error.internalQuery ? text.indexOf(error.internalQuery) : -1;
  if (body >= 0) return lines(body + Number(error.internalPosition ?? 1) - 1);
  return null;
}
