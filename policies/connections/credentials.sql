-- Sealed credentials. Granted to nobody: functions hand one to the job that may use it.
alter table connections.credentials enable row level security;
alter table connections.credentials force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on connections.credentials to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

-- No request role and no service reads or writes it but through functions.
call audit.watch('connections.credentials', 'credential');
