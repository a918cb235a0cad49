import "postgraphile/graphile-build-pg";

/** Rows of a page whose request names no size. */
export const defaultPageSize = 50;

/**
 * Gives `first` a default and refuses `null`, so that every page has a `limit` in its SQL. Without this an unpaged
 * connection reads the whole workspace. The upper bound is one of the request's limits.
 *
 * `last` and `before` are left out: with a default for `first` they would mean something else than in Relay.
 */
export const PageSizePlugin: GraphileConfig.Plugin = {
  name: "PageSizePlugin",
  version: "1.0.0",
  after: ["PgFirstLastBeforeAfterArgsPlugin"],
  schema: {
    globalBehavior: ["-resource:connection:backwards"],
    hooks: {
      GraphQLObjectType_fields_field_args(args, build, { scope }) {
        const { first } = args;
        if (!first || !(scope.isPgFieldConnection || scope.isPgFieldSimpleCollection)) return args;
        const { GraphQLInt, GraphQLNonNull } = build.graphql;
        return { ...args, first: { ...first, type: new GraphQLNonNull(GraphQLInt), defaultValue: defaultPageSize } };
      },
    },
  },
};
