-- Where events of a trail came from, for whoever may read that trail and people's names: checked event by event, in the log itself.
-- The id of an origin is a setting of the transaction that wrote the event, so whoever has SQL of their own can name another's: it
-- counts for the events of its own sign-in alone. Asked and answered by event and not by origin: an answer by origin would serve the
-- event that names it falsely, beside one that names it truly.
create or replace function sealed.ask_origins(
  workspace_id uuid, event_ids uuid[], caller_id uuid, call_id uuid default gen_random_uuid()
) returns uuid
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  perform session.require('audit.read');
  perform session.require('people.read');
  if (cardinality(event_ids) between 1 and 500) is not true then
    raise exception using errcode = 'ZM001', message = 'between 1 and 500 events can be asked about at once';
  end if;
  if workspace_id is null or workspace_id <> all (audit.readable_workspaces()) then
    raise exception using errcode = 'ZA006', message = 'there is no such audit log', hint = 'an agency''s owners read the logs of the workspaces under theirs';
  end if;
  insert into sealed.calls (id, service, kind, caller_id, workspace_id, person_id, row_ids, context)
  select ask_origins.call_id, 'opener', 'audit.origin', ask_origins.caller_id, ask_origins.workspace_id, session.person_id(),
    coalesce(array_agg(distinct o.id), '{}'), coalesce(jsonb_object_agg(e.id, o.id), '{}')
  from audit.events e
  join audit.origins o on o.workspace_id = e.workspace_id and o.id = e.origin_id and o.sign_in_id = e.sign_in_id
  where e.workspace_id = ask_origins.workspace_id and e.id = any (event_ids) and o.sealed is not null;
  return call_id;
end
$$;
comment on function sealed.ask_origins(uuid, uuid[], uuid, uuid) is 'Asks for the addresses and clients that events of a trail came from, which the session may read.';
revoke all on function sealed.ask_origins(uuid, uuid[], uuid, uuid) from public;
grant execute on function sealed.ask_origins(uuid, uuid[], uuid, uuid) to bulkhead_member;
