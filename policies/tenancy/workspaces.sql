-- A workspace is seen by its own members only: not by its parent, its children or its siblings.
alter table tenancy.workspaces enable row level security;
alter table tenancy.workspaces force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on tenancy.workspaces to bulkhead_owner
  using (id = (select session.workspace_id()))
  with check (id = (select session.workspace_id()));

create policy select_member on tenancy.workspaces for select to bulkhead_member
  using (id = (select session.workspace_with('workspace.read')));
grant select (id, name, parent_id, organization_id, default_role_key, created_at) on tenancy.workspaces to bulkhead_member;

-- Before there is a session, the identity service's functions find out where a person belongs.
create policy select_identity on tenancy.workspaces for select to bulkhead_owner
  using (session_user = 'bulkhead_identity');
create policy insert_identity on tenancy.workspaces for insert to bulkhead_owner
  with check (session_user = 'bulkhead_identity');


-- Functions for an agency's owner find out which workspaces are under theirs: their audit log is the owner's to read.
create policy select_agency_owner on tenancy.workspaces for select to bulkhead_owner
  using (parent_id = (select audit.agency_id()));

-- Rows of a tenant that isolation.probe() has made up in this transaction, which never commits.
create policy insert_probed on tenancy.workspaces for insert to bulkhead_owner
  with check (session_user = 'bulkhead_auditor' and isolation.is_probed(id));

-- Nobody writes here directly: every change is a function's.
call audit.watch('tenancy.workspaces', 'workspace');
