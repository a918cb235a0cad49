create or replace function tenancy.current_workspace() returns tenancy.workspaces
language sql stable
set search_path to pg_catalog, pg_temp
as $$
  select w.* from tenancy.workspaces w where w.id = session.workspace_id()
$$;
comment on function tenancy.current_workspace() is 'The workspace that the session is for.';
revoke all on function tenancy.current_workspace() from public;
grant execute on function tenancy.current_workspace() to bulkhead_member;
