create or replace function session.end_person(person_id uuid) returns integer
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.workspace_id();
  v_id uuid;
  v_count integer := 0;
begin
  for v_id in
    select s.id from session.sign_ins s
    where s.workspace_id = v_workspace_id and s.person_id = end_person.person_id and s.ended_at is null
  loop
    v_count := v_count + session.end_sign_in(v_id, 'revoked')::integer;
  end loop;
  return v_count;
end
$$;
comment on function session.end_person(uuid) is 'Ends every sign-in of a person in the session''s workspace.';
revoke all on function session.end_person(uuid) from public;
grant execute on function session.end_person(uuid) to bulkhead_owner;
