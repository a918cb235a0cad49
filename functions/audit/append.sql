-- The one way into the log for what is not a row's change. In a session, only into that session's workspace.
create or replace function audit.append(
  workspace_id uuid, action text, row_id uuid default null, details jsonb default null, changed_columns text[] default null,
  person_id uuid default null, sign_in_id uuid default null
) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_actor session.presented;
  v_own uuid := session.workspace_id();
begin
  if workspace_id is null or (v_own is not null and v_own <> workspace_id) then
    raise exception using errcode = 'ZA003', message = 'an event belongs to the workspace of its session';
  end if;
  if action !~ '^[a-z_]{1,60}\.[a-z_]{1,60}$' or octet_length(details::text) > 8192 then
    raise exception using errcode = 'ZA005', message = 'an audit event takes codes and names only';
  end if;
  select * into v_actor from session.presented;
  insert into audit.events (
    workspace_id, action, row_id, changed_columns, details, actor, person_id, sign_in_id, service, request_id, origin_id
  ) values (
    append.workspace_id, append.action, append.row_id, append.changed_columns, jsonb_strip_nulls(append.details),
    coalesce(v_actor.actor, audit.actor_kind()),
    coalesce(append.person_id, v_actor.person_id), coalesce(append.sign_in_id, v_actor.sign_in_id),
    case when v_actor.actor is null then audit.login_name() else v_actor.service end,
    left(nullif(current_setting('request.id', true), ''), 100),
    audit.origin_id()
  );
end
$$;
comment on function audit.append(uuid, text, uuid, jsonb, text[], uuid, uuid) is 'Appends one event to the audit log.';
revoke all on function audit.append(uuid, text, uuid, jsonb, text[], uuid, uuid) from public;
