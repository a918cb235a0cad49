create or replace function tenancy.remove_team_member(team_id uuid, membership_id uuid) returns boolean
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.require('teams.manage');
begin
  delete from tenancy.team_members tm
  where tm.workspace_id = v_workspace_id and tm.team_id = remove_team_member.team_id
    and tm.membership_id = remove_team_member.membership_id;
  return found;
end
$$;
comment on function tenancy.remove_team_member(uuid, uuid) is 'Takes a member out of a team; false when they were not in it.';
revoke all on function tenancy.remove_team_member(uuid, uuid) from public;
grant execute on function tenancy.remove_team_member(uuid, uuid) to bulkhead_member;
