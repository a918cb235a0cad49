-- Collectors. The key is granted to nobody: the notary opens it.
alter table audit.sinks enable row level security;
alter table audit.sinks force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on audit.sinks to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

create policy select_member on audit.sinks for select to bulkhead_member
  using (workspace_id = (select session.workspace_with('audit.export')));
grant select (workspace_id, id, name, kind, address, authority, created_by, created_at) on audit.sinks to bulkhead_member;

call audit.watch('audit.sinks', 'audit_sink', '{name, kind, address}');
