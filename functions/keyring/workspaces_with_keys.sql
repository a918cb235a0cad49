-- For the operator's command alone: no service and no request sees more than one workspace's.
create or replace function keyring.workspaces_with_keys() returns table (workspace_id uuid, has_subjects boolean)
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select k.workspace_id, exists (
    select from audit.subjects s where s.workspace_id = k.workspace_id and s.wrapped_key is not null
  )
  from keyring.workspace_keys k group by k.workspace_id
  union
  select s.workspace_id, true from audit.subjects s where s.wrapped_key is not null group by s.workspace_id
$$;
comment on function keyring.workspaces_with_keys() is 'Every workspace that something is wrapped for, for whoever deploys.';
revoke all on function keyring.workspaces_with_keys() from public;
grant execute on function keyring.workspaces_with_keys() to bulkhead_keeper;
