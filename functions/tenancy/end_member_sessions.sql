create or replace function tenancy.end_member_sessions(membership_id uuid) returns integer
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.require('sessions.revoke');
  v_person_id uuid;
begin
  select m.person_id into v_person_id from tenancy.memberships m
  where m.workspace_id = v_workspace_id and m.id = membership_id;
  if not found then
    raise exception using errcode = 'ZT006', message = 'there is no such member';
  end if;
  return session.end_person(v_person_id);
end
$$;
comment on function tenancy.end_member_sessions(uuid) is 'Signs a member out everywhere in this workspace; returns how many sign-ins ended.';
revoke all on function tenancy.end_member_sessions(uuid) from public;
grant execute on function tenancy.end_member_sessions(uuid) to bulkhead_member;
