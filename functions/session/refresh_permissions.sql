-- The catalogue changes by migration only, and then for every open session at once.
create or replace function session.refresh_permissions() returns void
language sql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
  -- A token that is being made has read the catalogue as it was: it is waited for, and the next ones wait until this is committed.
  lock table session.tokens in share row exclusive mode;
  -- The trigger on tokens puts in what is right.
  update session.tokens t set permissions = '{}' where t.role_key is not null;
$$;
comment on function session.refresh_permissions() is 'Gives every token the permissions that its role has now.';
revoke all on function session.refresh_permissions() from public;
grant execute on function session.refresh_permissions() to bulkhead_owner;
