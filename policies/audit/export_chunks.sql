-- Parts of a kept export.
alter table audit.export_chunks enable row level security;
alter table audit.export_chunks force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on audit.export_chunks to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

create policy select_member on audit.export_chunks for select to bulkhead_member
  using (workspace_id = (select session.workspace_with('audit.export')));
grant select (workspace_id, id, export_id, number, content) on audit.export_chunks to bulkhead_member;

call audit.watch('audit.export_chunks', 'audit_export_chunk');
