import { jsonPgSmartTags } from "postgraphile/utils";

/**
 * The audit log's names: an event is an `AuditEvent`, and `auditEvents` is the search, with its filters and an agency's
 * view of its sub-workspaces; the bare table is not listed beside it.
 */
export const AuditNamesPlugin: GraphileConfig.Plugin = jsonPgSmartTags({
  version: 1,
  config: {
    class: {
      "audit.events": {
        tags: { name: "audit_event", behavior: ["-query:resource:connection", "-manyRelation"] },
      },
      "audit.heads": { tags: { name: "audit_head" } },
      "audit.subjects": { tags: { name: "audit_subject" } },
    },
    procedure: {
      // The API itself calls it: nobody is to make up refusals.
      "audit.denied": { tags: { behavior: ["-mutationField", "-queryField", "-typeField"] } },
      // The field `subject` asks it.
      "audit.subject_id": { tags: { behavior: ["-mutationField", "-queryField", "-typeField"] } },
      "audit.search_events": { tags: { name: "audit_events" } },
    },
  },
});
