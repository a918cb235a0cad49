-- The order and the hashes. The notary appends; definer functions read it for whoever may read the events.
alter table audit.chain enable row level security;
alter table audit.chain force row level security;

create policy insert_notary on audit.chain for insert to bulkhead_owner
  with check (session_user = 'bulkhead_notary');
create policy select_notary on audit.chain for select to bulkhead_owner
  using (session_user = 'bulkhead_notary');
create policy select_owner on audit.chain for select to bulkhead_owner
  using (workspace_id = any ((select audit.readable_workspaces())::uuid[]));
create policy select_janitor on audit.chain for select to bulkhead_owner
  using (session_user = 'bulkhead_janitor');

-- Rows of a tenant that isolation.probe() has made up in this transaction, which never commits.
create policy insert_probed on audit.chain for insert to bulkhead_owner
  with check (session_user = 'bulkhead_auditor' and isolation.is_probed(workspace_id));

-- Nobody updates, deletes or truncates: no policy, no grant, and triggers that refuse.
call audit.protect('audit.chain');
