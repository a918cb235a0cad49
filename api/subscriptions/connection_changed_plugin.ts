import { access, context, lambda, listen } from "postgraphile/grafast";
import { extendSchema, gql } from "postgraphile/utils";
import "../graphql/request_context.ts";

/** The subscription to one's connections: an event says which row, and the row is read as the subscriber. */
export const ConnectionChangedPlugin = extendSchema((build) => {
  const connections = Object.values(build.pgResources).find(
    ({ codec }) =>
      codec.extensions?.pg?.schemaName === "connections" && codec.extensions.pg.name === "connections",
  ) as any;
  return {
    typeDefs: gql`
      extend type Subscription {
        """
        A connection that you may see has changed its state, or what became of its revocation. Subscribe first, then read \`connections\` once: what changed before is not told again.
        """
        connectionChanged: Connection
      }
    `,
    objects: {
      Subscription: {
        plans: {
          connectionChanged: {
            subscribePlan: () =>
              listen(lambda(context(), ({ changes }: any) => changes) as any, "connections"),
            plan: ($event: any) =>
              connections.get({ workspace_id: access($event, "workspaceId"), id: access($event, "id") }),
          },
        },
      },
    },
  };
});
