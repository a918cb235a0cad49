create or replace function tenancy.suspend_member(membership_id uuid) returns tenancy.memberships
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_membership tenancy.memberships := tenancy.manageable_membership(membership_id);
begin
  update tenancy.memberships m set status = 'suspended'
  where m.workspace_id = v_membership.workspace_id and m.id = v_membership.id
  returning * into v_membership;
  return v_membership;
end
$$;
comment on function tenancy.suspend_member(uuid) is 'Suspends a member: their open sessions see nothing from the next statement on.';
revoke all on function tenancy.suspend_member(uuid) from public;
grant execute on function tenancy.suspend_member(uuid) to bulkhead_member;
