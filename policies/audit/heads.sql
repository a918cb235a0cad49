-- Signed heads. Whoever may read the log may pin them.
alter table audit.heads enable row level security;
alter table audit.heads force row level security;

create policy insert_notary on audit.heads for insert to bulkhead_owner
  with check (session_user = 'bulkhead_notary');
create policy select_notary on audit.heads for select to bulkhead_owner
  using (session_user = 'bulkhead_notary');
create policy select_owner on audit.heads for select to bulkhead_owner
  using (workspace_id = any ((select audit.readable_workspaces())::uuid[]));
create policy select_member on audit.heads for select to bulkhead_member
  using (workspace_id = (select session.workspace_with('audit.read')));
grant select (workspace_id, position, hash, sealed_at, signature) on audit.heads to bulkhead_member;

-- Rows of a tenant that isolation.probe() has made up in this transaction, which never commits.
create policy insert_probed on audit.heads for insert to bulkhead_owner
  with check (session_user = 'bulkhead_auditor' and isolation.is_probed(workspace_id));

call audit.protect('audit.heads');
