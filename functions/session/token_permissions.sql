-- Policies read a token's permissions from its row. Whoever writes the row cannot choose them: they are its role's.
create or replace function session.token_permissions() returns trigger
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  NEW.permissions := array(
    select rp.permission_key from tenancy.role_permissions rp where rp.role_key = NEW.role_key order by rp.permission_key
  );
  return NEW;
end
$$;
comment on function session.token_permissions() is 'Trigger: a token has the permissions of its role.';
revoke all on function session.token_permissions() from public;
