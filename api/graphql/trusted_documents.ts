import { readFileSync } from "node:fs";
import { RequestError } from "../errors/request_error.ts";

/** Finds the text of a request's document. */
export type FindDocument = (request: { readonly documentId?: unknown; readonly query?: unknown }) => string;

/**
 * Trusted documents: the operations that were there when the client was built, by the hash of their text. Where only
 * they run, an attacker with a session cannot even phrase a query of their own.
 *
 * Not `@grafserv/persisted`: that prints the whole request, its variables included, whenever it refuses one.
 *
 * @param file the JSON object of id to text that codegen wrote; undefined: no trusted documents
 * @param anyQuery whether a request may bring a query of its own (development)
 * @throws {Error} at once, when the file is not such an object
 */
export function createDocumentFinder(file: string | undefined, anyQuery: boolean): FindDocument {
  const documents = file === undefined ? new Map<string, string>() : readDocuments(file);
  return ({ documentId, query }) => {
    if (typeof documentId === "string") {
      // Both spellings of the GraphQL over HTTP draft: the bare hash and the one that names its algorithm.
      const text = documents.get(documentId.replace(/^sha256:/, ""));
      if (text === undefined)
        throw new RequestError("DOCUMENT_UNKNOWN", "there is no trusted document of that id");
      return text;
    }
    if (!anyQuery)
      throw new RequestError("DOCUMENT_REQUIRED", "this API runs trusted documents only: send documentId");
    if (typeof query !== "string") throw new RequestError("REQUEST_MALFORMED", "the request has no query");
    return query;
  };
}

function readDocuments(file: string): Map<string, string> {
  const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
  const entries = Object.entries(parsed ?? {});
  if (
    typeof parsed !== "object" ||
    Array.isArray(parsed) ||
    entries.some(([, text]) => typeof text !== "string")
  ) {
    throw new Error(`${file} is not an object of document ids and texts`);
  }
  return new Map(entries.map(([id, text]) => [id.replace(/^sha256:/, ""), text as string]));
}
