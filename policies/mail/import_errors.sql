-- What could not be imported, and why.
alter table mail.import_errors enable row level security;
alter table mail.import_errors force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on mail.import_errors to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

create policy select_member on mail.import_errors for select to bulkhead_member
  using (workspace_id = (select session.workspace_with('messages.import')));
grant select (workspace_id, id, import_id, position, code, message) on mail.import_errors to bulkhead_member;

-- Nobody writes here directly: every change is a function's.
call audit.watch('mail.import_errors', 'import_error');
