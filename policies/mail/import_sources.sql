-- What is to be imported, sealed to the worker. Granted to nobody: a function puts it in, a ticket's function takes it out.
alter table mail.import_sources enable row level security;
alter table mail.import_sources force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on mail.import_sources to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

-- Nobody writes here directly: every change is a function's.
call audit.watch('mail.import_sources', 'import_source');
