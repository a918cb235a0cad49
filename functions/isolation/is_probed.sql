-- Asked by the policies that let an auditor's probing make its rows. A row of isolation.probed never commits, so it is this transaction's.
create or replace function isolation.is_probed(workspace_id uuid) returns boolean
language sql stable security definer
set search_path to pg_catalog, pg_temp
begin atomic
  select exists (select from isolation.probed p where p.workspace_id = is_probed.workspace_id);
end;
comment on function isolation.is_probed(uuid) is 'Whether this transaction made the workspace up, for probing.';
revoke all on function isolation.is_probed(uuid) from public;
grant execute on function isolation.is_probed(uuid) to bulkhead_keeper;
