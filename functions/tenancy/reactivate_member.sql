create or replace function tenancy.reactivate_member(membership_id uuid) returns tenancy.memberships
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_membership tenancy.memberships := tenancy.manageable_membership(membership_id);
begin
  -- What was open before the suspension stays closed: the member signs in anew.
  perform session.end_person(v_membership.person_id);
  update tenancy.memberships m set status = 'active'
  where m.workspace_id = v_membership.workspace_id and m.id = v_membership.id
  returning * into v_membership;
  return v_membership;
end
$$;
comment on function tenancy.reactivate_member(uuid) is 'Reactivates a suspended member, who signs in anew.';
revoke all on function tenancy.reactivate_member(uuid) from public;
grant execute on function tenancy.reactivate_member(uuid) to bulkhead_member;
