-- Paths from heads to roots: hashes only.
alter table audit.proofs enable row level security;
alter table audit.proofs force row level security;

create policy insert_notary on audit.proofs for insert to bulkhead_owner
  with check (session_user = 'bulkhead_notary');
create policy select_owner on audit.proofs for select to bulkhead_owner
  using (session_user = 'bulkhead_notary' or workspace_id = any ((select audit.readable_workspaces())::uuid[]));

-- Rows of a tenant that isolation.probe() has made up in this transaction, which never commits.
create policy insert_probed on audit.proofs for insert to bulkhead_owner
  with check (session_user = 'bulkhead_auditor' and isolation.is_probed(workspace_id));

call audit.protect('audit.proofs');
