-- The catalogue changes by migration only, and then for every open session at once.
create or replace function session.permissions_changed() returns trigger
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  -- The trigger on tokens puts in what is right.
  update session.tokens t set permissions = '{}' where t.role_key is not null;
  return null;
end
$$;
comment on function session.permissions_changed() is 'Trigger: a change of what a role may do reaches the open sessions.';
revoke all on function session.permissions_changed() from public;
grant execute on function session.permissions_changed() to bulkhead_owner;
