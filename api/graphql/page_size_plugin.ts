import { lambda } from "postgraphile/grafast";
import "postgraphile/graphile-build-pg";
import { defaultLimits } from "../limits/limits.ts";

/** Rows of a page whose request names no size. */
export const defaultPageSize = 50;

/**
 * Gives every page a size, so that there is a `limit` in its SQL: without one, an unpaged connection reads the whole
 * workspace. Sizes above the largest never get here, since a request's limits refuse them; should they, they are cut.
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
      GraphQLObjectType_fields_field_args(args, _build, { scope }) {
        const { first } = args;
        if (!first || !(scope.isPgFieldConnection || scope.isPgFieldSimpleCollection)) return args;
        return {
          ...args,
          first: {
            ...first,
            description: `How many to read, at most ${defaultLimits.maxPageSize}.`,
            defaultValue: defaultPageSize,
            applyPlan(
              _$parent: unknown,
              $connection: { setFirst($first: unknown): void },
              argument: FieldArgument,
            ) {
              $connection.setFirst(lambda(argument.getRaw(), toPageSize, true));
            },
          },
        } as typeof args;
      },
    },
  },
};

interface FieldArgument {
  getRaw(): Parameters<typeof lambda>[0];
}

function toPageSize(first: unknown): number {
  return Math.min(Number(first ?? defaultPageSize), defaultLimits.maxPageSize);
}
