-- Teams of the workspace.
alter table tenancy.teams enable row level security;
alter table tenancy.teams force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on tenancy.teams to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

create policy select_member on tenancy.teams for select to bulkhead_member
  using (workspace_id = (select session.workspace_with('teams.read')));
grant select (workspace_id, id, name, created_at) on tenancy.teams to bulkhead_member;

-- Nobody writes here directly: every change is a function's.
call audit.watch('tenancy.teams', 'team');
