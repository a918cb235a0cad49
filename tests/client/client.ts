import { createClient as createLine } from "graphql-ws";
import type { TypedDocumentString } from "./generated/graphql.ts";

/** An error of a GraphQL answer. */
export interface ClientError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: { readonly code: string; readonly hint?: string };
}

/** What the API refused. */
class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly status: number;
  readonly errors: readonly ClientError[];

  constructor(status: number, errors: readonly ClientError[]) {
    super(errors.map(({ extensions, message }) => `${extensions.code}: ${message}`).join("; "));
    this.status = status;
    this.errors = errors;
  }
}

export interface Client {
  /**
   * Runs an operation that was there when the client was built. Only its id travels.
   *
   * @throws {RefusedError} for any error in the answer
   */
  run<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
  ): Promise<Result>;
  /**
   * Subscribes by an operation's id. Reconnects by itself, each time with the access token of that moment; what happened
   * meanwhile is not told again.
   *
   * @throws while iterating: what the API refused, or the close event of a socket that could not come back
   */
  watch<Result, Variables>(document: TypedDocumentString<Result, Variables>): AsyncGenerator<Result>;
}

/**
 * An example of a client: typed operations as codegen writes them, by the ids of trusted documents.
 *
 * @example
 * const client = createClient("http://127.0.0.1:5678", () => accessToken);
 * const { currentPerson } = await client.run(WhoAmIDocument, {});
 */
export function createClient(url: string, accessToken: () => string): Client {
  return {
    async run(document, variables) {
      const response = await fetch(`${url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${accessToken()}` },
        body: JSON.stringify({ documentId: document.__meta__?.hash, variables }),
      });
      const { data, errors } = (await response.json()) as { data: never; errors?: ClientError[] };
      if (errors) throw new RefusedError(response.status, errors);
      return data;
    },
    async *watch<Result, Variables>(document: TypedDocumentString<Result, Variables>) {
      const line = createLine({
        url: `${url.replace(/^http/, "ws")}/graphql`,
        connectionParams: () => ({ authorization: `Bearer ${accessToken()}` }),
      });
      try {
        // The protocol wants a text; the id says which.
        const extensions = { documentId: document.__meta__?.hash };
        for await (const { data, errors } of line.iterate<Result>({ query: "", extensions })) {
          if (errors) throw new RefusedError(200, errors as unknown as ClientError[]);
          yield data as Result;
        }
      } finally {
        await line.dispose();
      }
    },
  };
}
