create or replace function tenancy.leave_workspace() returns tenancy.memberships
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_actor record;
  v_membership tenancy.memberships;
begin
  select * into v_actor from session.actor();
  if v_actor.membership_id is null then
    perform audit.without_context();
    raise exception using errcode = 'ZS001', message = 'sign in first', hint = 'send an access token in the Authorization header';
  end if;
  select * into v_membership from tenancy.memberships m
  where m.workspace_id = v_actor.workspace_id and m.id = v_actor.membership_id for update;
  delete from tenancy.memberships m
  where m.workspace_id = v_membership.workspace_id and m.id = v_membership.id;
  return v_membership;
end
$$;
comment on function tenancy.leave_workspace() is 'Ends your own membership. The last owner cannot leave.';
revoke all on function tenancy.leave_workspace() from public;
grant execute on function tenancy.leave_workspace() to bulkhead_member;
