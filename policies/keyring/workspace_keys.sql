-- Wrapped keys. No request role reads them: what the API cannot have, it cannot leak.
alter table keyring.workspace_keys enable row level security;
alter table keyring.workspace_keys force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on keyring.workspace_keys to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

-- The opener gets the keys of the workspaces that waiting calls name, through sealed.take_to_open alone.
create policy select_opener on keyring.workspace_keys for select to bulkhead_owner
  using (session_user = 'bulkhead_opener' and workspace_id in (select c.workspace_id from sealed.calls c));

-- Whoever deploys counts what a key-encryption key wraps, through functions of the keyring.
create policy select_deployer on keyring.workspace_keys for select to bulkhead_owner
  using (session_user = 'bulkhead_deploy');

-- Nobody writes here directly: every change is a function's.
call audit.watch('keyring.workspace_keys', 'workspace_key');
