-- Who is in which team.
alter table tenancy.team_members enable row level security;
alter table tenancy.team_members force row level security;

-- Definer functions stay inside the tenant of the session too.
create policy all_owner on tenancy.team_members to bulkhead_owner
  using (workspace_id = (select session.workspace_id()))
  with check (workspace_id = (select session.workspace_id()));

create policy select_member on tenancy.team_members for select to bulkhead_member
  using (workspace_id = (select session.workspace_with('teams.read')));
grant select (workspace_id, id, team_id, membership_id, created_at) on tenancy.team_members to bulkhead_member;

-- Nobody writes here directly: every change is a function's.
call audit.watch('tenancy.team_members', 'team_member');
