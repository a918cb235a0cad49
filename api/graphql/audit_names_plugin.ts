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
      "audit.exports": { tags: { name: "audit_export" } },
      "audit.export_chunks": { tags: { name: "audit_export_chunk" } },
      "audit.sinks": { tags: { name: "audit_sink" } },
      "audit.retention_policies": { tags: { name: "audit_retention_policy" } },
    },
    constraint: {
      "audit.export_chunks.export_chunk_export": {
        tags: { foreignConnectionFieldName: "chunks" },
      },
    },
    procedure: {
      // The API itself calls it: nobody is to make up refusals.
      "audit.denied": { tags: { behavior: ["-mutationField", "-queryField", "-typeField"] } },
      // The field `subject` asks it.
      "audit.subject_id": { tags: { behavior: ["-mutationField", "-queryField", "-typeField"] } },
      "audit.search_events": { tags: { name: "audit_events" } },
      "audit.seal_status": { tags: { name: "audit_seal_status" } },
      "audit.request_export": { tags: { name: "request_audit_export" } },
      "audit.create_sink": { tags: { name: "create_audit_sink" } },
      "audit.set_retention": { tags: { name: "set_audit_retention" } },
      "audit.pull_events": { tags: { name: "pull_audit_events" } },
      "audit.erase_person": { tags: { name: "erase_person_from_audit" } },
    },
  },
});
