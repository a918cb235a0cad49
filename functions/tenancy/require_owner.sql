create or replace function tenancy.require_owner(permission text) returns uuid
language plpgsql stable security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.require(permission);
begin
  if tenancy.level() < 100 then
    raise exception using errcode = 'ZT001', message = format('your role lacks the permission %s', permission),
      column = permission, hint = 'ask an owner of your workspace';
  end if;
  return v_workspace_id;
end
$$;
comment on function tenancy.require_owner(text) is 'The workspace of the session; raises for everybody but an owner with the permission.';
revoke all on function tenancy.require_owner(text) from public;
