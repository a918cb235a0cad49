-- Nobody gives what they do not have: neither a higher level nor a permission that their own role lacks.
create or replace function tenancy.require_grantable(role_key text) returns void
language plpgsql stable security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_level integer;
begin
  select r.level into v_level from tenancy.roles r where r.key = role_key;
  if not found then
    raise exception using errcode = 'ZT002', message = 'there is no such role', hint = 'see the list of roles';
  end if;
  if v_level > tenancy.level() or exists (
    select from tenancy.role_permissions theirs
    where theirs.role_key = require_grantable.role_key
      and not exists (
        select from tenancy.role_permissions mine
        where mine.role_key = (session.actor()).role_key and mine.permission_key = theirs.permission_key
      )
  ) then
    raise exception using errcode = 'ZT003', message = 'that role is above your own', hint = 'ask an owner of your workspace';
  end if;
end
$$;
comment on function tenancy.require_grantable(text) is 'Raises unless the session may give this role.';
revoke all on function tenancy.require_grantable(text) from public;
