-- Jobs that may use a connection.
alter table connections.jobs enable row level security;
alter table connections.jobs force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on connections.jobs to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

-- No request role and no service reads or writes it but through functions.
call audit.watch('connections.jobs', 'connection_job');
