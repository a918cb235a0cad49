create or replace function audit.last_root(out number bigint, out root bytea, out signed_at timestamptz)
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select r.number, r.root, r.signed_at from audit.roots r order by r.number desc limit 1
$$;
comment on function audit.last_root() is 'The newest signed root over all workspaces.';
revoke all on function audit.last_root() from public;
grant execute on function audit.last_root() to bulkhead_notary;
