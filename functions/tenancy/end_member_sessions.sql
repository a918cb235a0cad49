-- Nobody signs out a member above their own level.
create or replace function tenancy.end_member_sessions(membership_id uuid) returns integer
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_workspace_id uuid := session.require('sessions.revoke');
  v_person_id uuid;
  v_level integer;
begin
  select m.person_id, r.level into v_person_id, v_level
  from tenancy.memberships m join tenancy.roles r on r.key = m.role_key
  where m.workspace_id = v_workspace_id and m.id = membership_id;
  if not found then
    raise exception using errcode = 'ZT006', message = 'there is no such member';
  end if;
  if v_level > tenancy.level() then
    raise exception using errcode = 'ZT003', message = 'that role is above your own', hint = 'ask an owner of your workspace';
  end if;
  return session.end_person(v_person_id);
end
$$;
comment on function tenancy.end_member_sessions(uuid) is 'Signs a member out everywhere in this workspace; returns how many sign-ins ended.';
revoke all on function tenancy.end_member_sessions(uuid) from public;
grant execute on function tenancy.end_member_sessions(uuid) to bulkhead_member;
