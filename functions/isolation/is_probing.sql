-- For rows that are no tenant's and that a synthetic tenant's rows refer to.
create or replace function isolation.is_probing() returns boolean
language sql stable security definer
set search_path to pg_catalog, pg_temp
begin atomic
  select exists (select from isolation.probed);
end;
comment on function isolation.is_probing() is 'Whether this transaction has made a synthetic tenant up, and so will never commit.';
revoke all on function isolation.is_probing() from public;
