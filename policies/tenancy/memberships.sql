-- Who belongs here, with which role. A session's standing follows this table by foreign key.
alter table tenancy.memberships enable row level security;
alter table tenancy.memberships force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on tenancy.memberships to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

create policy select_member on tenancy.memberships for select to bulkhead_member
  using (workspace_id = (select session.workspace_with('people.read')));
grant select (workspace_id, id, person_id, role_key, status, created_at) on tenancy.memberships to bulkhead_member;

-- Before there is a session, the identity service's functions find out where a person belongs.
create policy select_identity on tenancy.memberships for select to bulkhead_owner
  using (session_user = 'bulkhead_identity');
create policy insert_identity on tenancy.memberships for insert to bulkhead_owner
  with check (session_user = 'bulkhead_identity');

-- The last active owner stays, whoever asks.
create or replace trigger keep_an_owner before update or delete on tenancy.memberships
  for each row execute function tenancy.keep_an_owner();

-- Rows of a tenant that isolation.probe() has made up in this transaction, which never commits.
create policy insert_probed on tenancy.memberships for insert to bulkhead_owner
  with check (session_user = 'bulkhead_auditor' and isolation.is_probed(workspace_id));

-- Nobody writes here directly: every change is a function's.
call audit.watch('tenancy.memberships', 'membership');
