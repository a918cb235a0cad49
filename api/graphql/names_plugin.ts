import "postgraphile/graphile-build-pg";

/** The parts of a relation that its field names are made from. */
interface Relation {
  readonly localAttributes: readonly string[];
  readonly remoteAttributes: readonly string[];
  readonly localCodec: { readonly name: string };
  readonly remoteResource: { readonly codec: { readonly name: string } };
}

interface RelationDetails {
  readonly registry: { readonly pgRelations: Readonly<Record<string, Readonly<Record<string, Relation>>>> };
  readonly codec: { readonly name: string };
  readonly relationName: string;
}

/** `inbox_id` names an inbox and `role_key` a role. The tenant column is in every key, so it says nothing. */
function stem(attributes: readonly string[]): string {
  return attributes
    .filter((attribute) => attribute !== "workspace_id" || attributes.length === 1)
    .map((attribute) => attribute.replace(/_(id|key)$/, ""))
    .join("_and_");
}

function relationOf({ registry, codec, relationName }: RelationDetails): Relation {
  return registry.pgRelations[codec.name]![relationName]!;
}

/**
 * Names as a person would choose them: no schema in front (names are unique across the exposed schemas), and relations
 * by what they point at: `message.inbox`, `inbox.messages`, `person.importsByRequestedBy`.
 */
export const NamesPlugin: GraphileConfig.Plugin = {
  name: "NamesPlugin",
  version: "1.0.0",
  inflection: {
    replace: {
      _schemaPrefix: () => "",
      _allRows(_previous, _options, resource) {
        return this.camelCase(this.pluralize(this._singularizedResourceName(resource)));
      },
      // `rowId` is a row's own id; the audit log also has the id of the row that an event is about.
      _attributeName(previous, _options, details) {
        return details.attributeName === "row_id" ? "target_id" : previous!(details);
      },
      // What a mutation answers with is named by its type: `{ invitePerson { invitation { email } } }`.
      functionMutationResultFieldName(previous, _options, details) {
        const { codec } = details.resource;
        return codec.attributes && !codec.isAnonymous
          ? this.camelCase(this.tableType(codec))
          : previous!(details);
      },
      connectionField: (_previous, _options, baseName) => baseName,
      _singleRelationRaw(_previous, _options, details) {
        return stem(relationOf(details as RelationDetails).localAttributes);
      },
      _singleRelationBackwardsRaw(_previous, _options, details) {
        return backwards(this, relationOf(details as RelationDetails), (name) => this.singularize(name));
      },
      _manyRelationRaw(_previous, _options, details) {
        return backwards(this, relationOf(details as RelationDetails), (name) => this.pluralize(name));
      },
    },
  },
};

function backwards(
  inflection: { singularize(text: string): string },
  relation: Relation,
  number: (name: string) => string,
): string {
  const through = stem(relation.remoteAttributes);
  const name = number(relation.remoteResource.codec.name);
  return through === inflection.singularize(relation.localCodec.name) ? name : `${name}_by_${through}`;
}
