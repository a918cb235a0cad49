-- For events that are not a row's change. The actor is the session's unless the keeper, which makes sessions, says who.
create or replace function audit.record(
  workspace_id uuid, action text, row_id uuid default null, changed_columns text[] default null,
  person_id uuid default null, sign_in_id uuid default null
) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_actor record;
begin
  select * into v_actor from session.presenter();
  insert into audit.events (workspace_id, action, row_id, changed_columns, person_id, sign_in_id, service)
  values (
    record.workspace_id, record.action, record.row_id, record.changed_columns,
    coalesce(record.person_id, v_actor.person_id), coalesce(record.sign_in_id, v_actor.sign_in_id),
    coalesce(v_actor.service, case when session_user like 'bulkhead\_%' and session_user not in ('bulkhead_api', 'bulkhead_deploy')
      then substr(session_user::text, 10) end)
  );
end
$$;
comment on function audit.record(uuid, text, uuid, text[], uuid, uuid) is 'Writes one event into the audit log.';
revoke all on function audit.record(uuid, text, uuid, text[], uuid, uuid) from public;
grant execute on function audit.record(uuid, text, uuid, text[], uuid, uuid) to bulkhead_keeper;
