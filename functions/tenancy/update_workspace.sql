create or replace function tenancy.update_workspace(name text) returns tenancy.workspaces
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.require('workspace.update');
  v_workspace tenancy.workspaces;
begin
  update tenancy.workspaces w set name = update_workspace.name where w.id = v_workspace_id returning * into v_workspace;
  return v_workspace;
end
$$;
comment on function tenancy.update_workspace(text) is 'Renames the workspace.';
revoke all on function tenancy.update_workspace(text) from public;
grant execute on function tenancy.update_workspace(text) to bulkhead_member;
