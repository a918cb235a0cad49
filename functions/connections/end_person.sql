create or replace function connections.end_person(person_id uuid) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_id uuid;
begin
  for v_id in
    select c.id from connections.connections c
    where c.workspace_id = session.workspace_id() and c.person_id = end_person.person_id and c.state <> 'disconnected'
  loop
    perform connections.end_connection(v_id);
  end loop;
end
$$;
comment on function connections.end_person(uuid) is 'Disconnects everything of a person in the session''s workspace.';
revoke all on function connections.end_person(uuid) from public;
