-- A head that has a proof already is not proved again: its root stands.
create or replace function audit.moved_chains() returns table (workspace_id uuid)
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select t.workspace_id from audit.tips t
  where not exists (
    select from audit.proofs p where p.workspace_id = t.workspace_id and p.root_number = t.root_number and p.position = t.position
  )
$$;
comment on function audit.moved_chains() is 'Chains whose end is under no root yet.';
revoke all on function audit.moved_chains() from public;
grant execute on function audit.moved_chains() to bulkhead_notary;
