import "postgraphile/graphile-build-pg";

/**
 * The tenant column is the session's and never the request's: it is in no type, filter or order, and a row's relation to
 * its own workspace is left out with it. The rest of a primary key is shown, as `rowId`, because functions take it.
 *
 * A column can be filtered and ordered by only where an index serves it: its first column, or the first after the tenant
 * column, which the policy pins. Everything else would read the whole workspace.
 */
export const TenantKeysPlugin: GraphileConfig.Plugin = {
  name: "TenantKeysPlugin",
  version: "1.0.0",
  after: ["PgRelayPlugin", "PgIndexBehaviorsPlugin"],
  gather: {
    hooks: {
      pgCodecs_attribute(_info, event) {
        const { attribute, pgAttribute } = event;
        const table = pgAttribute.getClass();
        if (table?.relkind !== "r" && table?.relkind !== "p") return;
        const indexed = table.getIndexes().some((index) => {
          if (index.indpred) return false;
          const columns = index.getKeys().map((key) => key?.attname);
          return (columns[0] === "workspace_id" ? columns[1] : columns[0]) === pgAttribute.attname;
        });
        attribute.extensions ??= Object.create(null) as NonNullable<typeof attribute.extensions>;
        attribute.extensions.isIndexed = indexed;
      },
    },
  },
  schema: {
    entityBehavior: {
      pgCodecAttribute: {
        override(behavior, [codec, attributeName], build) {
          if (attributeName === "workspace_id") {
            return [behavior, "-select", "-filterBy", "-orderBy", "-insert", "-update", "-base"];
          }
          const key = Object.values(build.input.pgRegistry.pgResources)
            .find((resource) => resource.codec === codec && !resource.parameters)
            ?.uniques.find((unique) => unique.isPrimary);
          return key?.attributes.includes(attributeName) ? [behavior, "attribute:select"] : behavior;
        },
      },
      pgCodecRelation: {
        override(behavior, relation) {
          const own = relation.isReferencee ? relation.remoteAttributes : relation.localAttributes;
          return own.length === 1 && own[0] === "workspace_id"
            ? [behavior, "-select", "-list", "-connection", "-single", "-filterBy", "-nodeId:filterBy"]
            : behavior;
        },
      },
    },
  },
};
