-- Work on keys and its progress.
alter table tenancy.key_operations enable row level security;
alter table tenancy.key_operations force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on tenancy.key_operations to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

create policy select_member on tenancy.key_operations for select to bulkhead_member
  using (workspace_id = (select session.workspace_with('keys.rotate')));
grant select (workspace_id, id, requested_by, service, kind, purpose, version, status, done_count, total_count, error_code, created_at, finished_at) on tenancy.key_operations to bulkhead_member;

-- Nobody writes here directly: every change is a function's.
call audit.watch('tenancy.key_operations', 'key_operation');
