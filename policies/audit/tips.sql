-- Working memory: the signed heads say the same, so a change here shows.
alter table audit.tips enable row level security;
alter table audit.tips force row level security;

create policy all_notary on audit.tips to bulkhead_owner
  using (session_user in ('bulkhead_notary', 'bulkhead_janitor')) with check (session_user in ('bulkhead_notary', 'bulkhead_janitor'));
create policy select_owner on audit.tips for select to bulkhead_owner
  using (workspace_id = any ((select audit.readable_workspaces())::uuid[]));

-- Rows of a tenant that isolation.probe() has made up in this transaction, which never commits.
create policy insert_probed on audit.tips for insert to bulkhead_owner
  with check (session_user = 'bulkhead_auditor' and isolation.is_probed(workspace_id));
