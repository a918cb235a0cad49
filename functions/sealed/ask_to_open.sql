-- Runs with the caller's rights checked row by row: only messages that the session may read get into the call.
-- The API process draws the call's id, so that it can hand the call to the worker without waiting for this answer. An id
-- that waits already is refused; an id that is nobody's leads nowhere.
create or replace function sealed.ask_to_open(
  kind text, message_ids uuid[], caller_id uuid, call_id uuid default gen_random_uuid()
) returns uuid
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.require('messages.read');
begin
  if (kind in ('mail.subject', 'mail.body') and cardinality(message_ids) between 1 and 500) is not true then
    raise exception using errcode = 'ZM001', message = 'between 1 and 500 messages can be opened at once';
  end if;
  insert into sealed.calls (id, service, kind, caller_id, workspace_id, person_id, row_ids)
  select ask_to_open.call_id, 'opener', ask_to_open.kind, ask_to_open.caller_id, v_workspace_id, session.person_id(),
    array(select m.id from mail.messages m where m.workspace_id = v_workspace_id and m.id = any (message_ids));
  return call_id;
end
$$;
comment on function sealed.ask_to_open(text, uuid[], uuid, uuid) is 'Asks for messages of the session''s workspace to be opened.';
revoke all on function sealed.ask_to_open(text, uuid[], uuid, uuid) from public;
grant execute on function sealed.ask_to_open(text, uuid[], uuid, uuid) to bulkhead_member, bulkhead_agent;
