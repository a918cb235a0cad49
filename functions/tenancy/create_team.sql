create or replace function tenancy.create_team(name text) returns tenancy.teams
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_team tenancy.teams;
begin
  insert into tenancy.teams (workspace_id, name) values (session.require('teams.manage'), create_team.name)
  returning * into v_team;
  return v_team;
end
$$;
comment on function tenancy.create_team(text) is 'Creates a team.';
revoke all on function tenancy.create_team(text) from public;
grant execute on function tenancy.create_team(text) to bulkhead_member;
