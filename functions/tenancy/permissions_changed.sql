create or replace function tenancy.permissions_changed() returns trigger
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  perform session.refresh_permissions();
  return null;
end
$$;
comment on function tenancy.permissions_changed() is 'Trigger: a change of what a role may do reaches the open sessions.';
revoke all on function tenancy.permissions_changed() from public;
