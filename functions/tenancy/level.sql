create or replace function tenancy.level() returns integer
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select r.level from tenancy.roles r where r.key = (session.actor()).role_key
$$;
comment on function tenancy.level() is 'The level of the session''s role.';
revoke all on function tenancy.level() from public;
