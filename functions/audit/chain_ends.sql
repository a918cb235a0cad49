create or replace function audit.chain_ends(workspace_ids uuid[] default null)
returns table (workspace_id uuid, "position" bigint, hash bytea, root_number bigint)
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select t.workspace_id, t.position, t.hash, t.root_number from audit.tips t
  where workspace_ids is null or t.workspace_id = any (workspace_ids)
  order by t.workspace_id
$$;
comment on function audit.chain_ends(uuid[]) is 'Where chains end, in the order of their workspaces.';
revoke all on function audit.chain_ends(uuid[]) from public;
grant execute on function audit.chain_ends(uuid[]) to bulkhead_notary;
