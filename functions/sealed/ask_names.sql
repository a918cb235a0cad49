-- Who pseudonyms of a trail are, for whoever may read that trail and people's names: checked person by person. An agency's owner gets
-- the names of a workspace under theirs as far as its trail names people, and nobody else's.
create or replace function sealed.ask_names(
  workspace_id uuid, person_ids uuid[], caller_id uuid, call_id uuid default gen_random_uuid()
) returns uuid
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  perform session.require('audit.read');
  perform session.require('people.read');
  if (cardinality(person_ids) between 1 and 500) is not true then
    raise exception using errcode = 'ZM001', message = 'between 1 and 500 people can be named at once';
  end if;
  if workspace_id is null or workspace_id <> all (audit.readable_workspaces()) then
    raise exception using errcode = 'ZA006', message = 'there is no such audit log', hint = 'an agency''s owners read the logs of the workspaces under theirs';
  end if;
  insert into sealed.calls (id, service, kind, caller_id, workspace_id, person_id, row_ids)
  select ask_names.call_id, 'opener', 'audit.subject', ask_names.caller_id, ask_names.workspace_id, session.person_id(),
    array(
      select s.person_id from audit.subjects s
      where s.workspace_id = ask_names.workspace_id and s.person_id = any (person_ids) and (
        exists (select from audit.chain c where c.workspace_id = s.workspace_id and c.person_id = s.person_id)
        or exists (select from audit.chain c where c.workspace_id = s.workspace_id and c.row_id = s.person_id)
      )
    );
  return call_id;
end
$$;
comment on function sealed.ask_names(uuid, uuid[], uuid, uuid) is 'Asks for the names behind pseudonyms of a trail that the session may read.';
revoke all on function sealed.ask_names(uuid, uuid[], uuid, uuid) from public;
grant execute on function sealed.ask_names(uuid, uuid[], uuid, uuid) to bulkhead_member;
