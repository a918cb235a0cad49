-- Grants that are being given back. Granted to nobody.
alter table connections.revocations enable row level security;
alter table connections.revocations force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on connections.revocations to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

-- No request role and no service reads or writes it but through functions.
call audit.watch('connections.revocations', 'revocation');
