-- Invitations, seen by those who may know who was invited.
alter table tenancy.invitations enable row level security;
alter table tenancy.invitations force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on tenancy.invitations to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

create policy select_member on tenancy.invitations for select to bulkhead_member
  using (workspace_id = (select session.workspace_with('invitations.read')));
grant select (workspace_id, id, email, role_key, invited_by, created_at, expires_at, accepted_at, revoked_at) on tenancy.invitations to bulkhead_member;

-- Before there is a session, the identity service's functions find out where a person belongs.
create policy select_identity on tenancy.invitations for select to bulkhead_owner
  using (session_user = 'bulkhead_identity');
create policy insert_identity on tenancy.invitations for insert to bulkhead_owner
  with check (session_user = 'bulkhead_identity');
create policy update_identity on tenancy.invitations for update to bulkhead_owner
  using (session_user = 'bulkhead_identity');

-- Nobody writes here directly: every change is a function's.
call audit.watch('tenancy.invitations', 'invitation');
