import "../graphql/environment.ts";
import type { GraphQLError } from "postgraphile/graphql";
import { GrafservBase } from "postgraphile/grafserv";
import type { RequestDigest, Result } from "postgraphile/grafserv";

/** Grafserv without a server of its own: our HTTP layer reads requests and writes answers. */
export class Grafserv extends GrafservBase {
  /** @returns null for an address that it does not serve */
  async handle(request: RequestDigest): Promise<Result | null> {
    return this.processRequest(request);
  }

  /** What a caller gets to see of an execution's error. */
  mask(error: GraphQLError): GraphQLError {
    return this.dynamicOptions.maskError(error) as GraphQLError;
  }
}
