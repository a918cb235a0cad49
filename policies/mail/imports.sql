-- Imports and their progress.
alter table mail.imports enable row level security;
alter table mail.imports force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on mail.imports to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

create policy select_member on mail.imports for select to bulkhead_member
  using (workspace_id = (select session.workspace_with('messages.import')));
grant select (workspace_id, id, inbox_id, requested_by, status, imported_count, unchanged_count, failed_count, total_count, error_code, created_at, finished_at) on mail.imports to bulkhead_member;

create or replace trigger requester_ends before update of status or delete on tenancy.memberships
  for each row execute function mail.requester_ends();

-- Nobody writes here directly: every change is a function's.
call audit.watch('mail.imports', 'import');
