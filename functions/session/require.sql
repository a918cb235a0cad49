-- The first line of every mutation: its right, or an error that says which one is missing.
create or replace function session.require(permission text) returns uuid
language plpgsql stable security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.workspace_with(permission);
begin
  if v_workspace_id is not null then
    return v_workspace_id;
  end if;
  if session.workspace_id() is null then
    perform audit.without_context();
    raise exception using errcode = 'ZS001', message = 'sign in first', hint = 'send an access token in the Authorization header';
  end if;
  raise exception using errcode = 'ZT001', message = format('your role lacks the permission %s', permission),
    column = permission, hint = 'ask an admin of your workspace';
end
$$;
comment on function session.require(text) is 'The workspace of the session; raises without the permission.';
revoke all on function session.require(text) from public;
grant execute on function session.require(text) to bulkhead_owner;
