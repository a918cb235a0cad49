create or replace function tenancy.delete_team(team_id uuid) returns tenancy.teams
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.require('teams.manage');
  v_team tenancy.teams;
begin
  delete from tenancy.teams t where t.workspace_id = v_workspace_id and t.id = team_id
  returning * into v_team;
  if not found then
    raise exception using errcode = 'ZT008', message = 'there is no such team';
  end if;
  return v_team;
end
$$;
comment on function tenancy.delete_team(uuid) is 'Deletes a team; its members stay members of the workspace.';
revoke all on function tenancy.delete_team(uuid) from public;
grant execute on function tenancy.delete_team(uuid) to bulkhead_member;
