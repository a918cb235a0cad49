create or replace function tenancy.add_team_member(team_id uuid, membership_id uuid) returns tenancy.team_members
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.require('teams.manage');
  v_member tenancy.team_members;
begin
  if not exists (select from tenancy.teams t where t.workspace_id = v_workspace_id and t.id = team_id) then
    raise exception using errcode = 'ZT008', message = 'there is no such team';
  end if;
  if not exists (select from tenancy.memberships m where m.workspace_id = v_workspace_id and m.id = membership_id) then
    raise exception using errcode = 'ZT006', message = 'there is no such member';
  end if;
  insert into tenancy.team_members (workspace_id, team_id, membership_id)
  values (v_workspace_id, add_team_member.team_id, add_team_member.membership_id)
  on conflict on constraint team_member_once do nothing;
  select * into v_member from tenancy.team_members tm
  where tm.workspace_id = v_workspace_id and tm.team_id = add_team_member.team_id
    and tm.membership_id = add_team_member.membership_id;
  return v_member;
end
$$;
comment on function tenancy.add_team_member(uuid, uuid) is 'Adds a member to a team; adding them again changes nothing.';
revoke all on function tenancy.add_team_member(uuid, uuid) from public;
grant execute on function tenancy.add_team_member(uuid, uuid) to bulkhead_member;
