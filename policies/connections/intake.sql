-- Sealed passwords and keys that wait to be tried. Granted to nobody.
alter table connections.intake enable row level security;
alter table connections.intake force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on connections.intake to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

-- No request role and no service reads or writes it but through functions.
call audit.watch('connections.intake', 'intake');
