-- A permission does not reach from workspace to workspace: only an agency's owners see the logs below, never the other way.
create or replace function audit.readable_workspaces() returns uuid[]
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select array(
    -- A ticket has no role: it stays where it is.
    select session.workspace_id()
    union all
    select w.id from tenancy.workspaces w
    where w.parent_id = (select audit.agency_id())
  )
$$;
comment on function audit.readable_workspaces() is 'The workspaces whose audit log the functions of this session may read.';
revoke all on function audit.readable_workspaces() from public;
