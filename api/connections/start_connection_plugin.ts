import { access, context, sideEffect } from "postgraphile/grafast";
import { GraphQLError } from "postgraphile/graphql";
import { extendSchema, gql } from "postgraphile/utils";
import "../graphql/request_context.ts";
import type { StartConnection } from "./start.ts";

/** The mutation that sends a person to a provider's own consent screen; the rest of connections comes from the database. */
export const StartConnectionPlugin = extendSchema({
  typeDefs: gql`
    """
    What to connect.
    """
    input StartConnectionInput {
      """
      The provider, for example google: see providers.
      """
      provider: String!

      """
      What the connection is for, for example mailbox: it decides the scopes.
      """
      profile: String!

      """
      The path of this site to come back to; the connection's id is appended as connection. The start page unless given.
      """
      returnTo: String
    }

    """
    A consent that has begun.
    """
    type StartConnectionPayload {
      """
      The id that the connection will have: watch its state.
      """
      connectionId: UUID!

      """
      The provider's own consent screen. Send the browser there within ten minutes; only the browser that asked, which got a cookie with this answer, can come back from it.
      """
      authorizeUrl: String!
    }

    extend type Mutation {
      """
      Begins to connect an account by signing in at its provider.
      """
      startConnection(input: StartConnectionInput!): StartConnectionPayload
    }
  `,
  objects: {
    Mutation: {
      plans: {
        startConnection(_, { $input }: any) {
          return sideEffect([context(), $input], async ([{ startConnection }, input]: any) => {
            if (!startConnection)
              throw new GraphQLError("sign in first", { extensions: { code: "UNAUTHENTICATED" } });
            return startConnection(input as StartConnection);
          }) as never;
        },
      },
    },
    StartConnectionPayload: {
      plans: {
        connectionId: ($payload: any) => access($payload, "connectionId"),
        authorizeUrl: ($payload: any) => access($payload, "authorizeUrl"),
      },
    },
  },
});
