-- Where a service's typed event belongs: its ticket's workspace. A service that works without tickets names it.
create or replace function audit.event_workspace(workspace_id uuid) returns uuid
language plpgsql stable
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := coalesce(session.workspace_id(), workspace_id);
begin
  if v_workspace_id is null then
    perform audit.without_context();
    raise exception using errcode = 'ZS001', message = 'sign in first', hint = 'send an access token in the Authorization header';
  end if;
  return v_workspace_id;
end
$$;
comment on function audit.event_workspace(uuid) is 'The workspace of a typed event: the session''s, or else the one named.';
revoke all on function audit.event_workspace(uuid) from public;
