-- Exports, as whoever may export sees them.
alter table audit.exports enable row level security;
alter table audit.exports force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on audit.exports to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

create policy select_member on audit.exports for select to bulkhead_member
  using (workspace_id = (select session.workspace_with('audit.export')));
grant select (
  workspace_id, id, format, sink_id, requested_by, status, after_position, through_position, done_position, chunk_count, error_code,
  created_at, finished_at
) on audit.exports to bulkhead_member;

call audit.watch('audit.exports', 'audit_export', '{format, status, after_position, through_position, done_position, error_code}');
