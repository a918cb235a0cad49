-- The people of a workspace, as that workspace knows them.
alter table tenancy.people enable row level security;
alter table tenancy.people force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on tenancy.people to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

create policy select_member on tenancy.people for select to bulkhead_member
  using (workspace_id = (select session.workspace_with('people.read')));
grant select (workspace_id, id, email, name, created_at) on tenancy.people to bulkhead_member;

-- Before there is a session, the identity service's functions find out where a person belongs.
create policy select_identity on tenancy.people for select to bulkhead_owner
  using (session_user = 'bulkhead_identity');
create policy insert_identity on tenancy.people for insert to bulkhead_owner
  with check (session_user = 'bulkhead_identity');
create policy update_identity on tenancy.people for update to bulkhead_owner
  using (session_user = 'bulkhead_identity');

-- The notary seals names under their people's own keys, for the audit log.
create policy select_notary on tenancy.people for select to bulkhead_owner
  using (session_user = 'bulkhead_notary');

-- Rows of a tenant that isolation.probe() has made up in this transaction, which never commits.
create policy insert_probed on tenancy.people for insert to bulkhead_owner
  with check (session_user = 'bulkhead_auditor' and isolation.is_probed(workspace_id));

-- Nobody writes here directly: every change is a function's.
call audit.watch('tenancy.people', 'person');
